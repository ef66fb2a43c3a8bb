//! What a Markdown file says, as far as the checks ask: code blocks, links, headings, words in code font.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

#[derive(Debug, PartialEq)]
pub struct Block {
    pub line: usize,
    /// The first word after the fence.
    pub language: String,
    pub text: String,
}

#[derive(Debug, Default, PartialEq)]
pub struct Page {
    pub blocks: Vec<Block>,
    /// Of links and pictures, those in HTML too: the line and the address.
    pub links: Vec<(usize, String)>,
    /// Words in code font, outside blocks.
    pub codes: Vec<(usize, String)>,
    /// What a link may name after a `#`.
    pub anchors: Vec<String>,
}

pub fn read(text: &str) -> Page {
    let mut page = Page::default();
    let line = |range: &Range<usize>| text[..range.start].matches('\n').count() + 1;
    let mut block: Option<Block> = None;
    let mut heading: Option<String> = None;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let language = info.split([' ', ',']).next().unwrap_or("").to_string();
                block = Some(Block { line: line(&range), language, text: String::new() });
            }
            Event::End(TagEnd::CodeBlock) => page.blocks.extend(block.take()),
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let anchor = anchor(&heading.take().unwrap_or_default());
                let same = page.anchors.iter().filter(|other| **other == anchor).count();
                page.anchors.push(if same == 0 { anchor } else { format!("{anchor}-{same}") });
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                page.links.push((line(&range), dest_url.to_string()));
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                let first = line(&range);
                for (index, text) in html.lines().enumerate() {
                    page.links.extend(addresses(text).map(|address| (first + index, address.to_string())));
                }
            }
            Event::Text(words) => {
                if let Some(block) = &mut block {
                    block.text.push_str(&words);
                } else if let Some(heading) = &mut heading {
                    heading.push_str(&words);
                }
            }
            Event::Code(words) => {
                page.codes.push((line(&range), words.to_string()));
                if let Some(heading) = &mut heading {
                    heading.push_str(&words);
                }
            }
            _ => {}
        }
    }
    page
}

/// What a line of HTML names: `src`, `href`, and each picture of a `srcset`.
fn addresses(html: &str) -> impl Iterator<Item = &str> {
    let of = |name: &'static str| html.split(name).skip(1).filter_map(|rest| rest.strip_prefix('"')?.split('"').next());
    // A `srcset` has several, and sizes beside them. No file of ours has a comma in its name.
    let values = [" src=", " href=", " srcset="].into_iter().flat_map(of);
    values.flat_map(|value| value.split(',')).filter_map(|value| value.split_whitespace().next())
}

/// As GitHub and most others make it of a heading.
fn anchor(heading: &str) -> String {
    let heading = heading.to_lowercase();
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page() {
        let page =
            read("# One `two`, three\n\n[a](b.md#c) and `src/x.rs`\n\n```toml\n# f\nx = 1\n```\n\n# One two three\n");
        assert_eq!(page.blocks, [Block { line: 5, language: "toml".into(), text: "# f\nx = 1\n".into() }]);
        assert_eq!(page.links, [(3, "b.md#c".to_string())]);
        assert_eq!(page.codes, [(1, "two".to_string()), (3, "src/x.rs".to_string())]);
        assert_eq!(page.anchors, ["one-two-three", "one-two-three-1"]);
    }

    #[test]
    fn html_names_files_too() {
        let picture =
            "<picture>\n<source srcset=\"a.png, b.png 2x\">\n<img src=\"c.png\" alt=\"d.png\">\n</picture>\n\n";
        let page = read(&format!("{picture}A <a href=\"e.md#f\">link</a>.\n"));
        let named = [(2, "a.png"), (2, "b.png"), (3, "c.png"), (6, "e.md#f")];
        assert_eq!(page.links, named.map(|(line, address)| (line, address.to_string())));
    }
}
