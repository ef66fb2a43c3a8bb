//! A web server for files on this machine, with the headers that give a page shared memory. A few dozen lines of std do
//! it: GET and HEAD, whole files.

mod request;
mod route;

use std::io::{BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use request::Request;
pub use route::Routes;
use route::Target;

const IDLE: Duration = Duration::from_secs(60);
const PORTS_TRIED: u16 = 100;

const HEADERS: &str = "Cross-Origin-Opener-Policy: same-origin\r\n\
    Cross-Origin-Embedder-Policy: require-corp\r\n\
    Cross-Origin-Resource-Policy: same-origin\r\n\
    Cache-Control: no-cache\r\n\
    X-Content-Type-Options: nosniff\r\n";

pub struct Server {
    listener: TcpListener,
    routes: Arc<Routes>,
}

impl Server {
    /// On the port wanted or the next free one.
    pub fn bind(wanted: u16, routes: Routes) -> Result<Self, String> {
        let last = wanted.saturating_add(if wanted == 0 { 0 } else { PORTS_TRIED });
        for port in wanted..=last {
            match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
                Ok(listener) => {
                    return Ok(Server { listener, routes: Arc::new(routes) });
                }
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
                Err(error) => {
                    return Err(format!("127.0.0.1:{port} cannot be served: {error}; --port names another"));
                }
            }
        }
        Err(format!("every port from {wanted} to {last} is taken; --port names another"))
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().expect("a bound socket has an address")
    }

    pub fn run(self) {
        for stream in self.listener.incoming().flatten() {
            let routes = Arc::clone(&self.routes);
            // A browser that goes away in the middle is nothing to report.
            std::thread::spawn(move || answer_all(&stream, &routes));
        }
    }

    /// Serves for the rest of this process.
    pub fn run_behind(self) {
        std::thread::spawn(|| self.run());
    }
}

fn answer_all(stream: &TcpStream, routes: &Routes) -> std::io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_write_timeout(Some(IDLE))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        let request = match request::read(&mut reader)? {
            Some(Ok(request)) => request,
            Some(Err(complaint)) => {
                return Answer::text("400 Bad Request", complaint).write(stream, false, true);
            }
            None => return Ok(()),
        };
        answer(&request, routes).write(stream, request.is_head, request.close)?;
        if request.close {
            return Ok(());
        }
    }
}

struct Answer {
    status: &'static str,
    headers: String,
    body: Vec<u8>,
}

impl Answer {
    fn text(status: &'static str, text: &str) -> Self {
        Answer {
            status,
            headers: "Content-Type: text/plain; charset=utf-8\r\n".into(),
            body: format!("{text}\n").into_bytes(),
        }
    }

    fn write(&self, mut stream: impl Write, head_only: bool, close: bool) -> std::io::Result<()> {
        let connection = if close { "close" } else { "keep-alive" };
        let mut bytes = format!(
            "HTTP/1.1 {}\r\n{HEADERS}{}Content-Length: {}\r\nConnection: {connection}\r\n\r\n",
            self.status,
            self.headers,
            self.body.len()
        )
        .into_bytes();
        if !head_only {
            bytes.extend_from_slice(&self.body);
        }
        stream.write_all(&bytes)
    }
}

fn answer(request: &Request, routes: &Routes) -> Answer {
    match routes.find(&request.path) {
        Target::File(file) => send(&file, request).unwrap_or_else(|error| {
            Answer::text("500 Internal Server Error", &format!("{} cannot be read: {error}", request.path))
        }),
        Target::Folder => Answer {
            headers: format!("Location: {}/\r\nContent-Type: text/plain\r\n", request.path),
            ..Answer::text("301 Moved Permanently", "with a / at the end")
        },
        Target::Missing => Answer::text("404 Not Found", &format!("there is no file {} here", request.path)),
    }
}

fn send(file: &Path, request: &Request) -> std::io::Result<Answer> {
    let mut open = std::fs::File::open(file)?;
    let data = open.metadata()?;
    let changed = data.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let tag = format!("\"{changed:x}-{:x}\"", data.len());
    let headers = format!("ETag: {tag}\r\nContent-Type: {}\r\n", route::mime(file));
    if request.if_none_match.as_deref() == Some(&tag) {
        return Ok(Answer { status: "304 Not Modified", headers, body: Vec::new() });
    }
    let mut body = Vec::with_capacity(data.len() as usize);
    open.read_to_end(&mut body)?;
    Ok(Answer { status: "200 OK", headers, body })
}

#[cfg(test)]
mod tests;
