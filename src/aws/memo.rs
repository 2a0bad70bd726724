//! Remembers what was read in a run, so that many resources ask and one request is sent.

use std::any::Any;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::engine::{Class, Fault};

type Answer = Result<Arc<dyn Any + Send + Sync>, Fault>;

/// Answers by the name of the question.
#[derive(Default)]
pub struct Memo {
    cells: Mutex<HashMap<String, Arc<OnceCell<Answer>>>>,
}

impl Memo {
    /// The answer to `question`, asked once however many want it. A fault is remembered as well.
    ///
    /// # Errors
    /// The fault of the one request.
    pub async fn once<T, F>(
        &self,
        question: impl Into<String>,
        ask: impl FnOnce() -> F + Send,
    ) -> Result<Arc<T>, Fault>
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<T, Fault>> + Send,
    {
        let question = question.into();
        let cell = {
            let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(cells.entry(question.clone()).or_default())
        };
        let answer = cell
            .get_or_init(|| async { ask().await.map(|value| Arc::new(value) as _) })
            .await;
        let value = answer.clone()?;
        value
            .downcast()
            .map_err(|_| Fault::new(question, Class::Other, "asked for two types of answer"))
    }

    /// Forgets everything, so that the next question is asked anew.
    pub fn forget(&self) {
        self.cells
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
