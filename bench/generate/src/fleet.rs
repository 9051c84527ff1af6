//! The services that the requests go to, how often each fails and how long each takes.

use crate::random::Random;

pub struct Service {
    pub name: String,
    /// Failed requests of 10,000.
    failures: u32,
    median_us: u64,
    /// Services log with the precision of their own clock, so neighbouring rows differ in width.
    pub decimals: usize,
}

/// Name, share of the traffic, failures of 10,000, median in microseconds, decimals in the log.
const BASES: [(&str, usize, u32, u64, usize); 20] = [
    ("api-gateway", 18, 230, 17_000, 3),
    ("auth", 12, 210, 34_000, 0),
    ("billing", 3, 480, 181_000, 0),
    ("cart", 9, 320, 62_000, 1),
    ("catalog", 14, 250, 88_000, 3),
    ("checkout", 7, 640, 213_000, 3),
    ("export", 2, 980, 940_000, 0),
    ("identity", 5, 370, 46_000, 0),
    ("inventory", 6, 420, 104_000, 1),
    ("invoices", 3, 520, 266_000, 0),
    ("media", 6, 690, 305_000, 0),
    ("notification", 8, 840, 152_000, 0),
    ("orders", 8, 450, 139_000, 3),
    ("payment", 6, 730, 347_000, 0),
    ("pricing", 7, 290, 53_000, 1),
    ("recommendation", 6, 560, 194_000, 0),
    ("reports", 2, 910, 1_640_000, 0),
    ("search", 11, 340, 231_000, 1),
    ("shipping", 4, 610, 278_000, 3),
    ("web-frontend", 16, 200, 121_000, 0),
];

/// The inverse distribution of `duration / median` in thousandths: (share of requests in 1 / 2^20, factor).
/// Half a log-normal body and a tail that reaches sixty times the median, as request durations have.
const SHAPE: [(u64, u64); 12] = [
    (0, 150),
    (52_429, 310),
    (262_144, 620),
    (524_288, 1_000),
    (786_432, 1_620),
    (943_718, 2_600),
    (996_147, 3_900),
    (1_038_090, 7_200),
    (1_047_527, 14_000),
    (1_048_471, 30_000),
    (1_048_566, 45_000),
    (1_048_576, 60_000),
];

impl Service {
    pub fn fails(&self, random: &mut Random) -> bool {
        random.below(10_000) < self.failures
    }

    /// One duration in microseconds.
    pub fn duration_us(&self, random: &mut Random) -> u64 {
        let share = u64::from(random.below(1 << 20));
        let upper = SHAPE.iter().position(|&(s, _)| share < s).unwrap_or(SHAPE.len() - 1);
        let ((s0, f0), (s1, f1)) = (SHAPE[upper - 1], SHAPE[upper]);
        // Parts of a thousandth are kept (the shift by 10), or neighbours in the tail would share a value.
        let factor = (f0 << 10) + ((f1 - f0) << 10) * (share - s0) / (s1 - s0);
        (self.median_us * factor / 1000) >> 10
    }
}

pub struct Fleet {
    services: Vec<Service>,
    /// One entry per share of the traffic, so that a plain pick is a weighted one.
    shares: Vec<u16>,
    instances: u32,
}

/// The twenty services, each `instances` times: 50 make a thousand groups.
pub fn of(instances: u32) -> Fleet {
    let mut services = Vec::new();
    let mut shares = Vec::new();
    for (base, &(name, weight, failures, median_us, decimals)) in BASES.iter().enumerate() {
        shares.extend(std::iter::repeat(base as u16).take(weight));
        for n in 0..instances {
            let name = if instances == 1 { name.to_string() } else { format!("{name}-{:02}", n + 1) };
            // Instances of a service differ a little: the last is slower by a quarter and fails more by an eighth.
            let (n, of) = (u64::from(n), 4 * u64::from(instances));
            let median_us = median_us + median_us * n / of;
            let failures = failures + (u64::from(failures) * n / (2 * of)) as u32;
            services.push(Service { name, failures, median_us, decimals });
        }
    }
    Fleet { services, shares, instances }
}

impl Fleet {
    pub fn pick(&self, random: &mut Random) -> &Service {
        let base = u32::from(*random.pick(&self.shares));
        let instance = if self.instances == 1 { 0 } else { random.below(self.instances) };
        &self.services[(base * self.instances + instance) as usize]
    }
}
