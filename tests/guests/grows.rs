//! Asks for more memory than it may have.

use session_sdk::{Checkpoint, Context, Plugin, Result, Summary};

#[derive(Default)]
struct Grows;

#[session_sdk::plugin]
impl Plugin for Grows {
    fn checkpoint(&mut self, _: &Context<Checkpoint>) -> Result<Summary> {
        let mut all: Vec<Vec<u8>> = Vec::new();
        for i in 0..10_000_u64 {
            all.push(vec![i as u8; 1 << 20]);
        }
        Ok(Summary::new(format!("{}", all.iter().map(Vec::len).sum::<usize>())))
    }
}
