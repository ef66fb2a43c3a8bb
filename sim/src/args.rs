//! The command line.

use lexopt::prelude::*;
use perennial::coordinator::Canary;
use perennial_sim::faults::Fault;

pub const HELP: &str = "\
Random lives of the coordinator in virtual time, with faults

  cargo xtask sim --seeds N [--seed S]    N lives, from seed S on (1); the first that fails is shrunk
  cargo xtask sim --minutes M [--seed S]  lives for so long, from S on, or from a seed of the clock's
  cargo xtask sim --seed S                one life
    --events N        about how many inputs a life has (200)
    --threads N       how many lives at a time (all cores)
    --canary NAME     with this known bug; `--canary list` names them
    --keep 1,2,3      this life with these of its actions alone, with its whole trace
    --without a,b     this life without these faults
    --trace           its whole trace
";

pub struct Arguments {
    pub seed: u64,
    /// Many lives, or one.
    pub lives: Option<u64>,
    pub minutes: Option<f64>,
    pub events: usize,
    pub threads: usize,
    pub canary: Option<Canary>,
    pub keep: Option<Vec<usize>>,
    pub without: Vec<Fault>,
    pub shrinks: bool,
}

pub fn parse() -> Result<Option<Arguments>, String> {
    read(lexopt::Parser::from_env())
        .map_err(|error| format!("{error}; `cargo xtask sim --help` lists what is understood"))
}

fn read(mut parser: lexopt::Parser) -> Result<Option<Arguments>, lexopt::Error> {
    let mut seed = None;
    let mut arguments = Arguments {
        seed: 1,
        lives: None,
        minutes: None,
        events: 200,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        canary: None,
        keep: None,
        without: Vec::new(),
        shrinks: true,
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("seed") => seed = Some(parser.value()?.parse()?),
            Long("seeds") => arguments.lives = Some(parser.value()?.parse()?),
            Long("minutes") => arguments.minutes = Some(parser.value()?.parse()?),
            Long("events") => arguments.events = parser.value()?.parse()?,
            Long("threads") => arguments.threads = parser.value()?.parse()?,
            Long("canary") => arguments.canary = Some(canary(&parser.value()?.string()?)?),
            Long("keep") => {
                let list = parser.value()?.string()?;
                let numbers = list.split(',').filter(|word| *word != "none").map(str::parse).collect::<Result<_, _>>();
                arguments.keep = Some(numbers.map_err(|_| format!("--keep takes numbers with commas, not `{list}`"))?);
            }
            Long("without") => {
                let list = parser.value()?.string()?;
                arguments.without = list.split(',').map(fault).collect::<Result<_, _>>()?;
            }
            Long("trace") => arguments.shrinks = false,
            other => return Err(other.unexpected()),
        }
    }
    if arguments.minutes.is_some() {
        let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        seed = seed.or(Some(clock.as_secs() << 20));
        arguments.lives = arguments.lives.or(Some(u64::MAX));
    }
    if seed.is_none() {
        arguments.lives = arguments.lives.or(Some(1000));
    }
    arguments.seed = seed.unwrap_or(1);
    Ok(Some(arguments))
}

fn canary(name: &str) -> Result<Canary, String> {
    let names = || Canary::ALL.map(|canary| format!("{canary:?}")).join(", ");
    let found = Canary::ALL.into_iter().find(|canary| format!("{canary:?}") == name);
    found.ok_or_else(|| format!("no canary is called `{name}`; there are {}", names()))
}

fn fault(name: &str) -> Result<Fault, String> {
    let names = || Fault::ALL.map(Fault::name).join(", ");
    Fault::ALL
        .into_iter()
        .find(|fault| fault.name() == name)
        .ok_or_else(|| format!("no fault is called `{name}`; there are {}", names()))
}
