use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use super::route::mime;
use super::*;

/// A folder `www` with files, beside a secret.
struct Site(PathBuf);

impl Site {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("perennial-serve-{name}-{}", std::process::id()));
        std::fs::create_dir_all(root.join("www/pkg")).unwrap();
        std::fs::create_dir_all(root.join("tests/empty")).unwrap();
        for (file, text) in
            [("www/index.html", "<p>"), ("www/pkg/a b.js", "1"), ("tests/t.mjs", "2"), ("secret", "s"), ("www/.x", "h")]
        {
            std::fs::write(root.join(file), text).unwrap();
        }
        std::os::unix::fs::symlink(root.join("secret"), root.join("www/link")).unwrap();
        Site(root.canonicalize().unwrap())
    }

    fn routes(&self) -> Routes {
        Routes::new([("/", self.0.join("www")), ("/tests/", self.0.join("tests"))])
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn addresses_lead_to_files() {
    let site = Site::new("files");
    let routes = site.routes();
    for (path, file) in [
        ("/", "www/index.html"),
        ("/index.html", "www/index.html"),
        ("/pkg/a%20b.js", "www/pkg/a b.js"),
        ("/tests/t.mjs", "tests/t.mjs"),
    ] {
        assert_eq!(routes.find(path), Target::File(site.0.join(file)), "{path}");
    }
    assert_eq!(routes.find("/pkg"), Target::Folder);
    for path in ["/none", "/pkg/", "/tests/empty/", "/index.html/"] {
        assert_eq!(routes.find(path), Target::Missing, "{path}");
    }
}

#[test]
fn no_address_leads_out() {
    let site = Site::new("out");
    let routes = site.routes();
    for path in [
        "/../secret",
        "/pkg/../../secret",
        "/%2e%2e/secret",
        "/..%2fsecret",
        "/..%5csecret",
        "/link",
        "/.x",
        "//secret",
        "/%00",
        "/%ff",
        "/%2",
        "/tests/../secret",
    ] {
        assert_eq!(routes.find(path), Target::Missing, "{path}");
    }
    assert!(!matches!(routes.find("//etc/passwd"), Target::File(_)));
}

#[test]
fn types_by_name() {
    for (name, kind) in [
        ("a.wasm", "application/wasm"),
        ("a.mjs", "text/javascript"),
        ("a.html", "text/html"),
        ("a.map", "application/json"),
        ("a", "application/octet-stream"),
    ] {
        assert!(mime(Path::new(name)).starts_with(kind), "{name}");
    }
}

#[test]
fn over_the_wire() {
    let site = Site::new("wire");
    let server = Server::bind(0, site.routes()).unwrap();
    let address = server.address();
    server.run_behind();
    let ask = |request: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };

    let page = ask("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.ends_with("\r\n\r\n<p>"), "{page}");
    for header in [
        "Cross-Origin-Opener-Policy: same-origin",
        "Cross-Origin-Embedder-Policy: require-corp",
        "Cross-Origin-Resource-Policy: same-origin",
        "Cache-Control: no-cache",
    ] {
        assert!(page.contains(header), "{header}");
    }

    let two = ask("HEAD / HTTP/1.1\r\n\r\nGET /none?x HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert!(two.contains("Content-Length: 3\r\n") && !two.contains("<p>"), "{two}");
    assert!(two.contains("404 Not Found") && two.ends_with("there is no file /none here\n"), "{two}");

    let tag = page.lines().find_map(|line| line.strip_prefix("ETag: ")).unwrap();
    let again = ask(&format!("GET / HTTP/1.1\r\nIf-None-Match: {tag}\r\nConnection: close\r\n\r\n"));
    assert!(again.starts_with("HTTP/1.1 304"), "{again}");

    assert!(ask("POST / HTTP/1.1\r\n\r\n").contains("only GET and HEAD"));
}

#[test]
fn a_taken_port_leads_to_the_next() {
    let site = Site::new("port");
    let first = Server::bind(0, site.routes()).unwrap();
    let second = Server::bind(first.address().port(), site.routes()).unwrap();
    assert_ne!(first.address(), second.address());
}
