//! The verbs of the command line.

/// Hands the verbs of `ajuda deploy` to the macro `$then`, in the order of the help. A line is the word, which is also
/// the file in `src/cli/verbs/`; the verb; its options, as clap sees them there; whether it is about a stack (`stack`) or
/// about none; and where it writes: `common` as its field `common` says, `nested` as the verb below it does, `own` as it
/// says itself, `plain` to people alone. The last two reach no account, and wait for nothing.
macro_rules! verbs {
    ($then:ident) => {
        $then! {
            example Example(example::Example) none plain;
            validate Validate(validate::Validate) stack own;
            check Check(check::Check) stack common;
            permissions Permissions(Box<permissions::Permissions>) stack common;
            plan Plan(plan::Plan) stack common;
            cost Cost(cost::Cost) stack common;
            up Up(up::Up) stack common;
            adopt Adopt(adopt::Adopt) stack common;
            push Push(Box<push::Push>) stack common;
            destroy Destroy(destroy::Destroy) stack common;
            outputs Outputs(outputs::Outputs) stack common;
            status Status(status::Status) stack common;
            logs Logs(logs::Logs) stack common;
            exec Exec(exec::Exec) stack common;
            run Run(run::Run) stack common;
            tunnel Tunnel(tunnel::Tunnel) stack common;
            update Update(update::Update) stack common;
            rollback Rollback(rollback::Rollback) stack common;
            history History(history::History) stack common;
            scale Scale(scale::Scale) stack common;
            unlock Unlock(unlock::Unlock) stack common;
            secrets Secrets(secrets::Secrets) stack nested;
            db Db(db::Db) stack nested;
        }
    };
}
pub(crate) use verbs;

/// A line is a verb, its words behind `ajuda`, and what it is about.
macro_rules! named {
    ($($verb:ident ($words:expr) $about:ident;)*) => {
        /// What `ajuda` can be told to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the help of each says what it does")]
        pub enum Verb {
            $($verb,)*
        }

        impl Verb {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$verb,)*];

            /// Its words behind `ajuda`, such as `deploy db backups`.
            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$verb => $words,)*
                }
            }

            /// Whether it takes the options that say which stack it is about.
            pub(super) fn is_about_a_stack(self) -> bool {
                match self {
                    $(Self::$verb => named!(@ $about),)*
                }
            }
        }
    };
    (@ stack) => { true };
    (@ none) => { false };
}

/// Those of `ajuda deploy`, and the verbs below others.
macro_rules! all {
    ($($word:ident $verb:ident($options:ty) $about:ident $writes:ident;)*) => {
        named! {
            $($verb (concat!("deploy ", stringify!($word))) $about;)*
            SecretsList ("deploy secrets list") stack;
            SecretsGet ("deploy secrets get") stack;
            SecretsSet ("deploy secrets set") stack;
            SecretsRotate ("deploy secrets rotate") stack;
            DbStatus ("deploy db status") stack;
            DbBackups ("deploy db backups") stack;
            DbBackup ("deploy db backup") stack;
            DbRestore ("deploy db restore") stack;
            DbCleanup ("deploy db cleanup") stack;
            DbExtensions ("deploy db extensions") stack;
            DbUpgrade ("deploy db upgrade") stack;
            SandboxStart ("sandbox start") none;
            SandboxStop ("sandbox stop") none;
            SandboxStatus ("sandbox status") none;
            SandboxImage ("sandbox image") none;
        }
    };
}

verbs!(all);
