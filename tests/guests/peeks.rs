//! Looks for a way out through the standard library: environment, files, clocks, randomness, network. Reports what it
//! found as its summary.

use std::collections::HashMap;
use std::time::SystemTime;

use session_sdk::{Checkpoint, Context, Plugin, Result, Summary};

#[derive(Default)]
struct Peeks;

#[session_sdk::plugin]
impl Plugin for Peeks {
    #[expect(clippy::disallowed_methods, reason = "what time is it in here, and what files are there?")]
    fn checkpoint(&mut self, _: &Context<Checkpoint>) -> Result<Summary> {
        #[expect(clippy::disallowed_macros, reason = "where does it go?")]
        {
            println!("to the log");
        }
        std::thread::sleep(std::time::Duration::from_secs(3600));
        let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs());
        // The order of a map depends on the seed, and on nothing else.
        let order: Vec<u32> = (0..20).map(|i| (i, ())).collect::<HashMap<_, _>>().into_keys().collect();
        Ok(Summary::quiet()
            .with("environment", std::env::vars().count())
            .with("arguments", std::env::args().count())
            .with("passwd", std::fs::read("/etc/passwd").is_ok())
            .with("here", std::fs::read_dir(".").is_ok())
            .with("wrote", std::fs::File::create("x").is_ok())
            .with("network", std::net::TcpStream::connect("127.0.0.1:22").is_ok())
            .with("clock", clock)
            .with("order", format!("{order:?}")))
    }
}
