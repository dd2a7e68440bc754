//! Tags as the first thing on a line, with their attributes. No XML parser: see `element.rs`.

/// A tag that is the first thing on its line.
#[derive(Clone, Copy, Debug)]
pub struct Tag<'a> {
    pub name: &'a str,
    pub attributes: &'a str,
    pub closing: bool,
    /// What stands behind it.
    pub rest: &'a str,
}

pub fn tag(text: &str) -> Option<Tag<'_>> {
    let text = text.trim_start().strip_prefix('<')?;
    let (closing, text) = text.strip_prefix('/').map_or((false, text), |text| (true, text));
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).filter(|end| *end > 0)?;
    let close = close(&text[end..], true).or_else(|| close(&text[end..], false))?;
    let attributes = text[end..end + close].trim_end_matches('/');
    Some(Tag { name: &text[..end], attributes, closing, rest: &text[end + close + 1..] })
}

/// Where the tag ends: outside quotes, in which `\"` may stand for a quote.
fn close(text: &str, escapes: bool) -> Option<usize> {
    let (mut quote, mut escaped) = (None, false);
    text.find(|c: char| {
        let literal = escaped;
        escaped = escapes && quote.is_some() && c == '\\' && !literal;
        match (quote, c) {
            _ if literal => false,
            (None, '"' | '\'') => {
                quote = Some(c);
                false
            }
            (Some(open), c) if c == open => {
                quote = None;
                false
            }
            (None, '>') => true,
            _ => false,
        }
    })
}

/// An opening tag with the decoded text up to its end tag on the same line.
pub fn value(text: &str) -> Option<(Tag<'_>, String)> {
    let tag = tag(text).filter(|tag| !tag.closing)?;
    let end = tag.rest.find(&format!("</{}>", tag.name))?;
    Some((tag, decoded(tag.rest[..end].trim())))
}

/// The order of attributes is free. A value is as written: see [`plain_value`].
pub fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    while let Some((key, behind)) = rest.split_once('=') {
        let behind = behind.trim_start();
        let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, next) = until(&behind[1..], quote)?;
        if key.trim() == name {
            return Some(value);
        }
        rest = next;
    }
    None
}

/// Up to the quote, which is no end behind a `\`, unless no other closes.
fn until(text: &str, quote: char) -> Option<(&str, &str)> {
    let mut escaped = false;
    let end = text.find(|c: char| {
        let literal = escaped;
        escaped = c == '\\' && !literal;
        c == quote && !literal
    });
    match end {
        Some(end) => Some((&text[..end], &text[end + 1..])),
        None => text.split_once(quote),
    }
}

/// The value of an attribute as it is meant: `\"` is a quote, and entities are decoded.
pub fn plain_value(value: &str) -> String {
    decoded(&value.replace("\\\"", "\"").replace("\\'", "'"))
}

pub fn decoded(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_as_people_write_them() {
        let found = tag("  <session project='X > Y' id=\"HB-01\">x").expect("a tag");
        assert_eq!((found.name, attribute(found.attributes, "id"), found.rest), ("session", Some("HB-01"), "x"));
        assert_eq!(value("<title>a &lt; b</title> x").map(|(_, text)| text).as_deref(), Some("a < b"));
        assert!(tag("<session").is_none() && tag("< session>").is_none());
        let found = tag(r#"<check name="a" command="test -f \"a > b\" -o \'c\'">x</check>"#).expect("a tag");
        let command = attribute(found.attributes, "command").map(plain_value);
        assert_eq!((command.as_deref(), found.rest), (Some("test -f \"a > b\" -o 'c'"), "x</check>"));
        let found = tag(r#"<check command="dir C:\" name="b"/>"#).expect("a tag");
        assert!(attribute(found.attributes, "command").is_some());
    }
}
