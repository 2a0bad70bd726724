//! Paths of properties that the compiler knows: a field that was renamed, or never was, does not compile.

/// A field of a kind's properties, or of a part of them. [`field!`](crate::field) makes one, and nothing else
/// does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field(&'static str);

impl Field {
    /// The tags of an object by key: whatever kind has any calls them so.
    pub const TAGS: Self = Self("tags");

    /// What `field!` has found to be there.
    #[doc(hidden)]
    pub const fn found(path: &'static str) -> Self {
        Self(path)
    }

    /// The names with dots between them, as a [`super::Change`] has them.
    pub const fn path(self) -> &'static str {
        self.0
    }

    /// Whether `path` is that of the field, or of something in it.
    pub fn covers(self, path: &str) -> bool {
        path == self.0 || self.entry(path).is_some()
    }

    /// What `path` names within the field, such as a key of a map.
    pub fn entry(self, path: &str) -> Option<&str> {
        path.strip_prefix(self.0)?.strip_prefix('.')
    }
}

/// The [`Field`] of a struct of properties: `field!(VpcProps, cidr)`, or
/// `field!(TargetGroupProps, health.path)`. What is flattened into another struct is named by its own.
#[macro_export]
macro_rules! field {
    ($props:ty, $first:ident $(. $next:ident)*) => {{
        const _: fn(&$props) = |props| {
            let _ = &props.$first $(.$next)*;
        };
        $crate::engine::Field::found(concat!(stringify!($first) $(, ".", stringify!($next))*))
    }};
}

/// Several fields of one struct: `fields!(SubnetProps, cidr, zone)`.
#[macro_export]
macro_rules! fields {
    ($props:ty, $($first:ident $(. $next:ident)*),+ $(,)?) => {
        [$($crate::field!($props, $first $(. $next)*)),+]
    };
}
