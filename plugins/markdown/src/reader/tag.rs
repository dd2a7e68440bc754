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
    let mut quote = None;
    let close = text[end..].find(|c: char| match (quote, c) {
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
    })?;
    let attributes = text[end..end + close].trim_end_matches('/');
    Some(Tag { name: &text[..end], attributes, closing, rest: &text[end + close + 1..] })
}

/// An opening tag with the decoded text up to its end tag on the same line.
pub fn value(text: &str) -> Option<(Tag<'_>, String)> {
    let tag = tag(text).filter(|tag| !tag.closing)?;
    let end = tag.rest.find(&format!("</{}>", tag.name))?;
    Some((tag, decoded(tag.rest[..end].trim())))
}

/// The order of attributes is free.
pub fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    while let Some((key, behind)) = rest.split_once('=') {
        let behind = behind.trim_start();
        let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, next) = behind[1..].split_once(quote)?;
        if key.trim() == name {
            return Some(value);
        }
        rest = next;
    }
    None
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
    }
}
