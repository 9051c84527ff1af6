//! Prometheus and `VictoriaMetrics` on the loopback, with data of their own, for as long as a test runs.

use crate::world::World;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that ends with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Prometheus, with blocks made by `promtool`.
    pub(crate) fn prometheus(world: &World) -> Server {
        Server::started(world, None).ready("/-/ready")
    }

    /// The same behind what `--web.config.file` says; names of files in it start from `folder`.
    pub(crate) fn secured(world: &World, folder: &Path, web: &str) -> Server {
        let config = folder.join(format!("web-{}.yml", free_port()));
        fs::write(&config, web).unwrap();
        let mut server = Server::started(world, Some(&config));
        if web.contains("tls_server_config") {
            server.url = server.url.replace("http://", "https://");
        }
        // It lets nobody in who could ask whether it is ready.
        let log = server.folder.path().join("log");
        let begun = Instant::now();
        while !fs::read_to_string(&log).unwrap().contains("Server is ready to receive web requests") {
            assert!(begun.elapsed() < Duration::from_secs(60), "{}", fs::read_to_string(&log).unwrap());
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    fn started(world: &World, web: Option<&Path>) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("data.om"), world.openmetrics()).unwrap();
        let made = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics"])
            .args([path("data.om"), path("data")])
            .output()
            .unwrap_or_else(|why| {
                panic!("promtool: {why}; `apt-get install prometheus`, or run scripts/test")
            });
        assert!(made.status.success(), "promtool: {}", String::from_utf8_lossy(&made.stderr));
        let web = web.map(|file| format!("--web.config.file={}", file.display()));
        Server::run_prometheus(folder, web.as_deref().as_slice())
    }

    /// Prometheus without data, that takes native histograms.
    pub(crate) fn native() -> Server {
        let features = ["--enable-feature=native-histograms", "--web.enable-remote-write-receiver"];
        Server::run_prometheus(tempfile::tempdir().unwrap(), &features).ready("/-/ready")
    }

    fn run_prometheus(folder: tempfile::TempDir, more: &[&str]) -> Server {
        let path = |name: &str| folder.path().join(name);
        fs::write(path("prometheus.yml"), "global: {}\n").unwrap();
        let port = free_port();
        let child = Command::new("prometheus")
            .args(more)
            .arg(format!("--config.file={}", path("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", path("data").display()))
            .arg("--storage.tsdb.retention.time=100y")
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(log(&path("log")))
            .spawn()
            .unwrap_or_else(|why| {
                panic!("prometheus: {why}; `apt-get install prometheus`, or run scripts/test")
            });
        Server { child, url: format!("http://127.0.0.1:{port}"), folder }
    }

    /// `VictoriaMetrics`, with imported data.
    pub(crate) fn victoria(world: &World) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let port = free_port();
        let missing = "`apt-get install victoria-metrics`, or run scripts/test";
        let child = Command::new("victoria-metrics")
            .arg(format!("-storageDataPath={}", path("data").display()))
            .arg(format!("-httpListenAddr=127.0.0.1:{port}"))
            .arg("-retentionPeriod=100y")
            .arg("-loggerLevel=ERROR")
            .stdout(Stdio::null())
            .stderr(log(&path("log")))
            .spawn()
            .unwrap_or_else(|why| panic!("victoria-metrics: {why}; {missing}"));
        let server = Server { child, url: format!("http://127.0.0.1:{port}"), folder }.ready("/health");
        server.import(world);
        server
    }

    /// Adds data to a `VictoriaMetrics`.
    pub(crate) fn import(&self, world: &World) {
        ureq::post(format!("{}/api/v1/import/prometheus", self.url)).send(world.exposition()).unwrap();
        ureq::get(format!("{}/internal/force_flush", self.url)).call().unwrap();
    }

    fn ready(self, path: &str) -> Server {
        let begun = Instant::now();
        while ureq::get(format!("{}{path}", self.url)).call().is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "{} does not answer", self.url);
            std::thread::sleep(Duration::from_millis(50));
        }
        self
    }
}

fn log(path: &Path) -> File {
    File::create(path).unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
