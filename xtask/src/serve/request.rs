//! Reads the head of a request.

use std::io::{BufRead, Read};

const HEAD_MAX: u64 = 64 * 1024;

#[derive(Debug, PartialEq)]
pub struct Request {
    /// As sent, without what follows a `?`.
    pub path: String,
    pub is_head: bool,
    pub close: bool,
    pub if_none_match: Option<String>,
}

/// None if the other side has nothing more to ask; a complaint if it is not a request that is served here.
pub fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Result<Request, &'static str>>> {
    let mut head = reader.take(HEAD_MAX);
    let mut line = String::new();
    if head.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (method, target, version) = (words.next(), words.next(), words.next());
    let is_head = match method {
        Some("GET") => false,
        Some("HEAD") => true,
        _ => return Ok(Some(Err("only GET and HEAD are served here"))),
    };
    let Some(target) = target.filter(|target| target.starts_with('/')) else {
        return Ok(Some(Err("the path is missing")));
    };
    let path = target.split(['?', '#']).next().unwrap_or(target).to_string();
    let mut request = Request { path, is_head, close: version != Some("HTTP/1.1"), if_none_match: None };
    loop {
        let mut line = String::new();
        if head.read_line(&mut line)? == 0 {
            return Ok(Some(Err("the request is too long, or cut off")));
        }
        let line = line.trim_end();
        if line.is_empty() {
            return Ok(Some(Ok(request)));
        }
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "connection" => request.close |= value.trim().eq_ignore_ascii_case("close"),
            "if-none-match" => request.if_none_match = Some(value.trim().to_string()),
            _ => {}
        }
    }
}
