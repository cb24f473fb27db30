//! A browser for tests: a driver, a session in it, and pages that `mam report` wrote.
//!
//! Without a browser a test says so and passes; where `MAM_BROWSER` is `required`, or in a CI job, it fails.
//! `MAM_SCREENSHOTS` names a folder for pictures of the pages.

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fantoccini::wd::{PrintConfigurationBuilder, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What went wrong.
pub type Failure = Box<dyn Error>;

/// A session in a browser.
#[derive(Debug)]
pub struct Browser {
    driver: Driver,
    /// The session.
    pub client: Client,
    folder: TempDir,
}

/// A driver, which ends with its value.
#[derive(Debug)]
struct Driver {
    process: Child,
    port: u16,
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ignored = self.process.kill();
        let _ignored = self.process.wait();
    }
}

impl Driver {
    /// Starts a driver; `None` if there is none.
    fn start() -> Result<Option<Self>, Failure> {
        let program = std::env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
        let started = Command::new(program).arg("--port=0").stdout(Stdio::piped()).spawn();
        let Ok(process) = started else { return Ok(None) };
        let mut driver = Self { process, port: 0 };
        let out = driver.process.stdout.take().ok_or("the driver has no output")?;
        let mut lines = BufReader::new(out).lines();
        let line =
            lines.find_map(|line| line.ok().filter(|line| line.contains("successfully on port")));
        let line = line.ok_or("the driver did not start")?;
        let port = line.trim_end_matches('.').rsplit(' ').next().unwrap_or_default();
        driver.port = port.parse()?;
        // What it writes later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Some(driver))
    }
}

/// Whether a test fails where there is no browser.
fn is_required() -> bool {
    std::env::var_os("CI").is_some()
        || std::env::var("MAM_BROWSER").is_ok_and(|one| one == "required")
}

/// The text of axe-core, if `MAM_AXE` names its file.
pub fn axe() -> Option<String> {
    let text = std::env::var_os("MAM_AXE").and_then(|path| std::fs::read_to_string(path).ok());
    if text.is_none() {
        assert!(!is_required(), "MAM_AXE names no copy of axe-core");
        eprintln!("not checked by axe-core: MAM_AXE names no copy of it");
    }
    text
}

/// The program under test.
fn mam() -> PathBuf {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/debug/mam");
    std::env::var_os("MAM_BIN").map_or(usual, PathBuf::from)
}

/// A command line of the program under test; gives standard output.
pub fn run(arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new(mam()).args(arguments).output()?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("mam {arguments:?}: {message}").into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

impl Browser {
    /// A session; `None` if there is no browser and none is required.
    pub async fn start() -> Result<Option<Self>, Failure> {
        let Some(driver) = Driver::start()? else {
            assert!(!is_required(), "there is no `chromedriver`");
            eprintln!("skipped: there is no `chromedriver`");
            return Ok(None);
        };
        let folder = tempfile::tempdir()?;
        let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
        let options = json!({
            "goog:chromeOptions": {
                "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage", profile]
            },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let connector = hyper_util::client::legacy::connect::HttpConnector::new();
        let mut builder = ClientBuilder::new(connector);
        builder.capabilities(options.as_object().cloned().unwrap_or_default());
        let client = builder.connect(&format!("http://127.0.0.1:{}", driver.port)).await?;
        Ok(Some(Self { driver, client, folder }))
    }

    /// Ends the session.
    pub async fn stop(self) -> Result<(), Failure> {
        self.client.close().await?;
        drop(self.driver);
        Ok(())
    }

    /// Writes a report of some files and opens it; gives its address.
    pub async fn open_report(&self, arguments: &[&str]) -> Result<String, Failure> {
        let path = self.folder.path().join("report.html");
        let text = path.to_str().ok_or("the folder has no name")?;
        run(&[&["report", "-o", text], arguments].concat())?;
        let address = format!("file://{text}");
        self.go_to(&address).await?;
        Ok(address)
    }

    /// Writes a policy file; gives its path.
    pub fn write(&self, name: &str, text: &str) -> Result<String, Failure> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path.display().to_string())
    }

    /// Opens an address, as a page of its own even if only the part behind `#` differs.
    pub async fn go_to(&self, address: &str) -> Result<(), Failure> {
        self.client.goto("about:blank").await?;
        self.client.goto(address).await?;
        Ok(())
    }

    /// The value of a script, which may be a promise.
    pub async fn value(&self, script: &str) -> Result<Value, Failure> {
        let waiting = format!(
            "const done = arguments[arguments.length - 1]; (async () => {{ {script} }})().then(done, (error) => done('failed: ' + error));"
        );
        let value = self.client.execute_async(&waiting, Vec::new()).await?;
        match value.as_str().filter(|text| text.starts_with("failed: ")) {
            Some(error) => Err(format!("{script}: {error}").into()),
            None => Ok(value),
        }
    }

    /// The value of a script as text.
    pub async fn text(&self, script: &str) -> Result<String, Failure> {
        let value = self.value(script).await?;
        Ok(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    /// Chooses an option of a control by its value.
    pub async fn choose(&self, control: &str, value: &str) -> Result<(), Failure> {
        let script = format!(
            "const control = document.querySelector('#{control}'); control.value = {}; \
             control.dispatchEvent(new Event(control.tagName === 'SELECT' ? 'change' : 'input')); return control.value;",
            json!(value)
        );
        let now = self.text(&script).await?;
        if now == value { Ok(()) } else { Err(format!("{control} has no {value}").into()) }
    }

    /// Lets the page be shown in a scheme of colours and at a width.
    pub async fn show_as(&self, scheme: &str, width: u32) -> Result<(), Failure> {
        let feature = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", feature).await?;
        let size =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await?;
        Ok(())
    }

    /// A command of the tools for developers.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Result<Value, Failure> {
        let body = json!({ "cmd": command, "params": parameters });
        Ok(self.client.issue_cmd(Extension { path: "goog/cdp/execute", body }).await?)
    }

    /// The errors that the browser has logged since the last time.
    pub async fn errors(&self) -> Result<Vec<String>, Failure> {
        let body = json!({ "type": "browser" });
        let log = self.client.issue_cmd(Extension { path: "se/log", body }).await?;
        let entries = log.as_array().cloned().unwrap_or_default();
        let errors = entries
            .into_iter()
            .filter(|entry| entry["level"] != "INFO" && entry["level"] != "DEBUG");
        Ok(errors.map(|entry| entry["message"].to_string()).collect())
    }

    /// The violations that axe-core finds, each with an element.
    pub async fn violations(&self, axe: &str) -> Result<Vec<String>, Failure> {
        let script = format!("{axe}; const found = await axe.run(); return found.violations;");
        let found = self.value(&script).await?;
        let found = found.as_array().cloned().ok_or("axe-core gave no answer")?;
        Ok(found.iter().map(|one| format!("{}: {}", one["id"], one["nodes"][0]["html"])).collect())
    }

    /// The pages of a print on A4.
    pub async fn printed_pages(&self) -> Result<usize, Failure> {
        let print = PrintConfigurationBuilder::default().background(true).build();
        let print = print.map_err(|error| format!("{error:?}"))?;
        let bytes = self.client.print(print).await?;
        let marks = bytes.windows(11).zip(bytes.iter().skip(11));
        Ok(marks.filter(|(mark, next)| *mark == b"/Type /Page" && **next != b's').count())
    }

    /// Takes a picture of the whole page, if there is a folder for it.
    pub async fn take_picture(&self, name: &str) -> Result<(), Failure> {
        let Some(folder) = std::env::var_os("MAM_SCREENSHOTS") else { return Ok(()) };
        let options = json!({ "captureBeyondViewport": true, "format": "png" });
        let taken = self.devtools("Page.captureScreenshot", options).await?;
        let data = taken["data"].as_str().ok_or("there is no picture")?;
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD.decode(data)?;
        std::fs::create_dir_all(&folder)?;
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), bytes)?;
        Ok(())
    }
}

/// A command of this driver alone.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
