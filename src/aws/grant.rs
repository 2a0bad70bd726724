//! What IAM must allow for a call, said beside it: `src/permissions/` makes policies of it.
//!
//! Actions, the resources that each takes and the condition keys that hold for it are those of the Service Authorization
//! Reference (`docs.aws.amazon.com/service-authorization/latest/reference`), against which `tests/permissions/` holds every
//! line. An action has the operation's name unless a comment says why not.

/// Actions of IAM on objects of AWS.
///
/// An object is `*` or a pattern such as `ecs:cluster/{stack}-*`: the service and the last part of the ARN, with wildcards
/// of IAM and these placeholders: `{partition}`, `{region}`, `{account}`, `{stack}`; `{name}` for every declared object of
/// the kind beside which the line stands, and `{cluster}` and the like for every declared object of that kind, by the name
/// that it has on AWS; `{vpc}` and `{subnet}` for a network that the file names, `*` for one of the stack's own; `{restored}` and
/// `{displaced}` for what a restored database is called until it has the place of the one before, and that one then; `{key}`,
/// `{operator-secret}`, `{certificate}` and `{web-acl}` for the ARNs that the file names. A pattern with a placeholder that
/// stands for nothing falls away, and a line without patterns as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Such as `ecs:CreateCluster`.
    pub actions: &'static [&'static str],
    /// What they are allowed on.
    pub on: &'static [&'static str],
    /// On what condition.
    pub when: When,
}

/// On what condition something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// On none.
    Always,
    /// The object carries the stack's tag (`aws:ResourceTag`).
    Owned,
    /// The object carries no stack's tag: what a restore has set aside is told by its name.
    Unowned,
    /// The request gives the stack's tag (`aws:RequestTag`).
    Tagged,
    /// The request gives the stack's tag to an object that carries none of any stack: what AWS makes together with a
    /// VPC of the stack is tagged afterwards.
    Claimed,
    /// The object carries the stack's tag, unless the file names the network.
    InNetwork,
    /// The tags are those of an object that is made by the same call (`ec2:CreateAction`).
    Creating,
    /// The role is given to one of these services (`iam:PassedToService`).
    PassedTo(&'static [&'static str]),
    /// The role is this service's own (`iam:AWSServiceName`).
    LinkedTo(&'static str),
    /// The policy is one of these of AWS's (`iam:PolicyARN`).
    Attaching(&'static [&'static str]),
    /// The key is used by this service for the caller (`kms:ViaService`), such as `rds`.
    Via(&'static str),
    /// The records are of these types (`route53:ChangeResourceRecordSetsRecordTypes`).
    Records(&'static [&'static str]),
}

impl Grant {
    const fn with(self, when: When) -> Self {
        Self { when, ..self }
    }

    /// Only on what carries the stack's tag.
    #[must_use]
    pub const fn owned(self) -> Self {
        self.with(When::Owned)
    }

    /// Only on what carries no stack's tag.
    #[must_use]
    pub const fn unowned(self) -> Self {
        self.with(When::Unowned)
    }

    /// Only with the stack's tag in the request.
    #[must_use]
    pub const fn tagged(self) -> Self {
        self.with(When::Tagged)
    }

    /// [`When::Claimed`].
    #[must_use]
    pub const fn claimed(self) -> Self {
        self.with(When::Claimed)
    }

    /// [`When::InNetwork`].
    #[must_use]
    pub const fn in_network(self) -> Self {
        self.with(When::InNetwork)
    }

    /// Only as part of a call that makes the object.
    #[must_use]
    pub const fn creating(self) -> Self {
        self.with(When::Creating)
    }

    /// Only through this service.
    #[must_use]
    pub const fn via(self, service: &'static str) -> Self {
        self.with(When::Via(service))
    }

    /// Only records of these types.
    #[must_use]
    pub const fn records(self, types: &'static [&'static str]) -> Self {
        self.with(When::Records(types))
    }
}

/// Actions that take no object, or are asked about all of them.
pub const fn anywhere(actions: &'static [&'static str]) -> Grant {
    on(&["*"], actions)
}

/// Actions on these objects.
pub const fn on(on: &'static [&'static str], actions: &'static [&'static str]) -> Grant {
    Grant {
        actions,
        on,
        when: When::Always,
    }
}

/// The roles of a stack.
pub const ROLES: &[&str] = &["iam:role/{stack}-*", "iam:role/{role}"];

/// `iam:PassRole` of the stack's roles to services: asked for wherever a request names a role ("Granting a user permissions
/// to pass a role to an AWS service" in the IAM user guide).
pub const fn pass_role(to: &'static [&'static str]) -> Grant {
    on(ROLES, &["iam:PassRole"]).with(When::PassedTo(to))
}

/// The service's own role, which it makes at its first use by the caller's permission ("Create a service-linked role").
pub const fn linked_role(path: &'static [&'static str], service: &'static str) -> Grant {
    on(path, &["iam:CreateServiceLinkedRole"]).with(When::LinkedTo(service))
}

/// Policies of AWS's that may be attached to the stack's roles.
pub const fn attach_policy(policies: &'static [&'static str]) -> Grant {
    on(ROLES, &["iam:AttachRolePolicy"]).with(When::Attaching(policies))
}

/// What IAM must allow for the objects of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permissions {
    /// To find them, also those that have left the file, and to see what they are.
    pub read: &'static [&'static [Grant]],
    /// To make one, until it is ready.
    pub create: &'static [&'static [Grant]],
    /// To change one in place.
    pub update: &'static [&'static [Grant]],
    /// To remove one, until it is gone.
    pub delete: &'static [&'static [Grant]],
}

/// A kind says what IAM must allow for its objects. `kinds!` asks for it: a kind without it does not compile.
pub trait Permitted {
    /// It, beside what `read` allows.
    const PERMISSIONS: Permissions;
}
