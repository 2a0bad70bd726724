//! What a file may say of Open WebUI and should not, or says for nobody.

use super::VARIABLES;
use crate::presets::switches::{Switch, lost};
use crate::stack::connections::most;
use crate::stack::{Service, Stack, nearest};

/// Variables that the Python interpreter, the system's libraries and those that Open WebUI stands on read by
/// themselves; a name that ends in `*` stands for all that begin so.
const LIBRARIES: [&str; 33] = [
    "ACCELERATE_*",
    "ALL_PROXY",
    "AWS_*",
    "CT2_*",
    "CUDA_*",
    "CURL_CA_BUNDLE",
    "FASTEMBED_*",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "HF_*",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "HUGGINGFACE_*",
    "LANG",
    "LC_*",
    "LD_*",
    "MALLOC_*",
    "MKL_*",
    "NLTK_DATA",
    "NO_PROXY",
    "OMP_*",
    "OPENBLAS_*",
    "OTEL_*",
    "PG*",
    "PYTHON*",
    "PYTORCH_*",
    "REQUESTS_CA_BUNDLE",
    "SQLALCHEMY_*",
    "SSL_CERT_*",
    "TMPDIR",
    "TOKENIZERS_PARALLELISM",
    "TORCH_*",
    "TRANSFORMERS_*",
    "UVICORN_*",
];

/// Switches of Open WebUI that take away what this deployment relies on: the value, as it reads it, and
/// what is lost (facts of Open WebUI 0.12.4: its `env.py` and `config.py`).
const SWITCHES: [Switch; 3] = [
    (
        "ENABLE_PERSISTENT_CONFIG",
        "true",
        "after the first start the database's settings win, and what the file changes in the environment has no effect",
    ),
    (
        "ENABLE_DB_MIGRATIONS",
        "false",
        "a new version does not migrate the database, and fails on its old schema",
    ),
    (
        "WEBUI_AUTH",
        "false",
        "nobody signs in, and everybody who reaches it is its administrator",
    ),
];

/// One sentence for each.
pub(super) fn of(stack: &Stack, service: &Service) -> Vec<String> {
    let mut warnings = Vec::new();
    if service.memory < 2048 {
        warnings.push(format!(
            "service.{}.memory is {}: Open WebUI wants 2048 or more",
            service.name, service.memory
        ));
    }
    let single = stack.redis.as_ref().is_some_and(|redis| redis.nodes == 1);
    if most(service) > 1 && single {
        let fails = "redis.nodes is 1: when it fails, nobody can chat until it is back";
        warnings.push(fails.to_owned());
    }
    warnings.extend(lost(service, &SWITCHES));
    warnings.extend(unread(service));
    warnings
}

/// Variables that neither Open WebUI nor what it stands on asks for.
fn unread(service: &Service) -> Vec<String> {
    let known = || {
        VARIABLES
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
    };
    let library = |name: &str| {
        LIBRARIES.iter().any(|known| match known.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name.eq_ignore_ascii_case(known),
        })
    };
    let plain = service.environment.keys().map(|name| ("environment", name));
    let secret = service.secrets.keys().map(|name| ("secrets", name));
    plain
        .chain(secret)
        .filter(|(_, name)| !library(name) && !known().any(|line| line == *name))
        .map(|(table, name)| {
            let near = match nearest(name, known()) {
                Some(near) => format!("; did you mean `{near}`?"),
                None => String::new(),
            };
            format!(
                "service.{}.{table}.{name}: Open WebUI does not read this variable{near}",
                service.name
            )
        })
        .collect()
}
