//! Says that it failed, with everything that an error can carry.

use session_sdk::{Checkpoint, Context, Error, Plugin, Result, Summary};

#[derive(Default)]
struct Fails;

#[session_sdk::plugin]
impl Plugin for Fails {
    fn checkpoint(&mut self, _: &Context<Checkpoint>) -> Result<Summary> {
        Err(Error::new("the moon is in the wrong house").because("it is Tuesday").hint("wait for Wednesday"))
    }
}
