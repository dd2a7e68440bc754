//! Never ends.

use session_sdk::{Checkpoint, Context, Plugin, Result, Summary};

#[derive(Default)]
struct Spins;

#[session_sdk::plugin]
impl Plugin for Spins {
    fn checkpoint(&mut self, cx: &Context<Checkpoint>) -> Result<Summary> {
        let mut n = 1_u64;
        while n != 0 {
            n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1) | 1;
        }
        Ok(Summary::new(&cx.data.message))
    }
}
