//! The verbs of the command line.

/// A line is the verb, its words behind `ajuda`, and whether it is about a stack (`stack`) or about none.
macro_rules! verbs {
    ($($verb:ident $words:literal $about:ident;)*) => {
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
                    $(Self::$verb => verbs!(@ $about),)*
                }
            }
        }
    };
    (@ stack) => { true };
    (@ none) => { false };
}

verbs! {
    Example "deploy example" none;
    Validate "deploy validate" stack;
    Check "deploy check" stack;
    Permissions "deploy permissions" stack;
    Plan "deploy plan" stack;
    Cost "deploy cost" stack;
    Up "deploy up" stack;
    Adopt "deploy adopt" stack;
    Push "deploy push" stack;
    Destroy "deploy destroy" stack;
    Outputs "deploy outputs" stack;
    Status "deploy status" stack;
    Logs "deploy logs" stack;
    Exec "deploy exec" stack;
    Run "deploy run" stack;
    Tunnel "deploy tunnel" stack;
    Update "deploy update" stack;
    Rollback "deploy rollback" stack;
    History "deploy history" stack;
    Scale "deploy scale" stack;
    Unlock "deploy unlock" stack;
    Secrets "deploy secrets" stack;
    SecretsList "deploy secrets list" stack;
    SecretsGet "deploy secrets get" stack;
    SecretsSet "deploy secrets set" stack;
    SecretsRotate "deploy secrets rotate" stack;
    Db "deploy db" stack;
    DbStatus "deploy db status" stack;
    DbBackups "deploy db backups" stack;
    DbBackup "deploy db backup" stack;
    DbRestore "deploy db restore" stack;
    DbCleanup "deploy db cleanup" stack;
    DbExtensions "deploy db extensions" stack;
    DbUpgrade "deploy db upgrade" stack;
    SandboxStart "sandbox start" none;
    SandboxStop "sandbox stop" none;
    SandboxStatus "sandbox status" none;
    SandboxImage "sandbox image" none;
}
