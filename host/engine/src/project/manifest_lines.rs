//! On which lines of plugins.toml a setting stands: for the commit that brought it. Pure. What the settings mean is
//! `manifest.rs`; their dotted keys are those of `plugin/approval.rs`.

use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// The file with the places of its values.
#[derive(Debug)]
pub struct ManifestLines<'t> {
    table: Spanned<DeTable<'t>>,
    /// Where each line begins.
    begins: Vec<usize>,
}

impl<'t> ManifestLines<'t> {
    /// None of a text that is no TOML.
    pub fn of(text: &'t str) -> Option<Self> {
        let begins = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Some(Self { table: DeTable::parse(text).ok()?, begins })
    }

    /// Lines of a key such as `plugin.checklist.grant.run`, from 1: of its value, or where a default holds, of the table
    /// that has it. None where nothing of it is there.
    pub fn of_key(&self, key: &str) -> Option<RangeInclusive<usize>> {
        let segments = key_parts(key);
        let mut rest = segments.iter().map(|segment| &**segment);
        let (table, mut span) = match segments.first().map(|first| &**first) {
            Some(list @ ("plugin" | "repository")) => {
                let name = rest.nth(1)?;
                let element = named(self.array(list)?, name)?;
                (element, element.get("name")?.span())
            }
            _ => (self.table.get_ref(), self.table.get_ref().get(segments.first().map(|first| &**first)?)?.span()),
        };
        let mut table = Some(table);
        for segment in rest {
            let Some(value) = table.and_then(|table| table.get(segment)) else { break };
            span = value.span();
            table = value.get_ref().as_table();
        }
        Some(self.lines(span))
    }

    /// Lines of an element of a list, by its text, or by its `run` or `name`.
    pub fn of_element(&self, key: &str, text: &str) -> Option<RangeInclusive<usize>> {
        // The order of tables: where each of them says its name.
        if let Some((_, list)) =
            [("plugins", "plugin"), ("repositories", "repository")].iter().find(|(all, _)| *all == key)
        {
            return Some(self.lines(named(self.array(list)?, text)?.get("name")?.span()));
        }
        let mut table = self.table.get_ref();
        let segments = key_parts(key);
        let (last, tables) = segments.split_last()?;
        let mut tables = tables.iter().map(|segment| &**segment);
        if let Some(list @ ("plugin" | "repository")) = segments.first().map(|first| &**first) {
            table = named(self.array(list)?, tables.nth(1)?)?;
        }
        for segment in tables {
            table = table.get(segment)?.get_ref().as_table()?;
        }
        let is_it = |value: &&Spanned<DeValue<'_>>| match value.get_ref() {
            DeValue::String(own) => own == text,
            DeValue::Table(own) => ["run", "name"].iter().any(|key| is_text(own, key, text)),
            _ => false,
        };
        let found = table.get(&**last)?.get_ref().as_array()?.iter().find(is_it)?;
        Some(self.lines(found.span()))
    }

    fn array(&self, name: &str) -> Option<&DeArray<'t>> {
        self.table.get_ref().get(name)?.get_ref().as_array()
    }

    fn lines(&self, span: Range<usize>) -> RangeInclusive<usize> {
        let line = |at: usize| self.begins.partition_point(|begin| *begin <= at);
        line(span.start)..=line(span.end.saturating_sub(1).max(span.start))
    }
}

fn named<'a, 't>(array: &'a DeArray<'t>, name: &str) -> Option<&'a DeTable<'t>> {
    array.iter().filter_map(|element| element.get_ref().as_table()).find(|table| is_text(table, "name", name))
}

fn is_text(table: &DeTable<'_>, key: &str, text: &str) -> bool {
    table.get(key).and_then(|value| value.get_ref().as_str()) == Some(text)
}

/// Parts of a dotted key of a setting; those in quotes are JSON.
pub fn key_parts(key: &str) -> Vec<Cow<'_, str>> {
    let (mut parts, mut rest) = (Vec::new(), key);
    while !rest.is_empty() {
        if rest.starts_with('"') {
            let mut read = serde_json::Deserializer::from_str(rest).into_iter::<String>();
            let Some(Ok(part)) = read.next() else { break };
            rest = rest.get(read.byte_offset()..).unwrap_or_default();
            parts.push(Cow::Owned(part));
        } else {
            let end = rest.find('.').unwrap_or(rest.len());
            parts.push(Cow::Borrowed(&rest[..end]));
            rest = &rest[end..];
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_lines() {
        let text = "[project]\nname = \"P\"\nchecks = [\n  \"make\",\n  { run = \"npm test\", paths = [\"web/**\"] },\n]\n\n\
                    [[plugin]]\nname = \"git\"\n\n[[plugin]]\nname = \"a.b\"\npath = \"x.wasm\"\n[plugin.grant]\n\
                    run = [\n  \"jj **\",\n  \"sh **\",\n]\n[plugin.config]\n\"c.d\" = 1\n[models]\nx = { y = 1 }\n";
        let lines = ManifestLines::of(text).expect("TOML");
        let of = |key: &str| lines.of_key(key).map(|lines| (*lines.start(), *lines.end()));
        assert_eq!(of("project.name"), Some((2, 2)));
        assert_eq!(of("project.checks"), Some((3, 6)));
        assert_eq!(of("plugin.git.grant.repository"), Some((9, 9)), "a default: where the plugin is named");
        assert_eq!(of("plugin.\"a.b\".path"), Some((13, 13)));
        assert_eq!(of("plugin.\"a.b\".grant.run"), Some((15, 18)));
        assert_eq!(of("plugin.\"a.b\".config.\"c.d\""), Some((20, 20)));
        assert_eq!(of("models.x.y"), Some((22, 22)));
        assert_eq!((of("plugin.none.path"), of("gone.x")), (None, None));
        let element = |key: &str, text: &str| lines.of_element(key, text).map(|lines| *lines.start());
        assert_eq!(element("project.checks", "make"), Some(4));
        assert_eq!(element("project.checks", "npm test"), Some(5));
        assert_eq!(element("plugin.\"a.b\".grant.run", "sh **"), Some(17));
        assert_eq!((element("project.checks", "none"), element("plugins", "a.b")), (None, Some(12)));
    }
}
