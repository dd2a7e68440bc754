//! What looks like a secret: by the name of a file, or in one of its lines. Pure; a guard of commits and all that is shown
//! to others judge by this alone. Nothing is guessed by how random a text is: who is stopped for nothing switches it off.

/// A token by how it begins and what follows.
struct Token {
    kind: &'static str,
    begins: &'static str,
    may_have: fn(char) -> bool,
    least: usize,
    most: usize,
}

const fn token(
    kind: &'static str,
    begins: &'static str,
    may_have: fn(char) -> bool,
    least: usize,
    most: usize,
) -> Token {
    Token { kind, begins, may_have, least, most }
}

const ANY: usize = usize::MAX;

/// As their issuers document them.
const TOKENS: [Token; 26] = [
    token("an AWS access key", "AKIA", upper, 16, 16),
    token("an AWS access key", "ASIA", upper, 16, 16),
    token("a GitHub token", "ghp_", word, 36, ANY),
    token("a GitHub token", "gho_", word, 36, ANY),
    token("a GitHub token", "ghu_", word, 36, ANY),
    token("a GitHub token", "ghs_", word, 36, ANY),
    token("a GitHub token", "ghr_", word, 36, ANY),
    token("a GitHub token", "github_pat_", word, 50, ANY),
    token("a GitLab token", "glpat-", dashed, 20, ANY),
    token("a Slack token", "xoxb-", dashed, 24, ANY),
    token("a Slack token", "xoxa-", dashed, 24, ANY),
    token("a Slack token", "xoxp-", dashed, 24, ANY),
    token("a Slack token", "xoxr-", dashed, 24, ANY),
    token("a Slack token", "xoxs-", dashed, 24, ANY),
    token("a Slack token", "xapp-", dashed, 24, ANY),
    token("a Slack webhook", "hooks.slack.com/services/T", |c| word(c) || c == '/', 35, ANY),
    token("a Stripe key", "sk_live_", word, 16, ANY),
    token("a Stripe key", "rk_live_", word, 16, ANY),
    token("a Google API key", "AIza", dashed, 35, 35),
    token("an npm token", "npm_", word, 36, 36),
    token("a PyPI token", "pypi-AgEIcHlwaS5vcmc", dashed, 50, ANY),
    token("an Anthropic key", "sk-ant-", dashed, 32, ANY),
    token("an OpenAI key", "sk-proj-", dashed, 40, ANY),
    token("a SendGrid key", "SG.", |c| dashed(c) || c == '.', 60, ANY),
    token("a DigitalOcean token", "dop_v1_", |c| c.is_ascii_hexdigit(), 64, 64),
    token("a Hugging Face token", "hf_", word, 34, 34),
];

/// What people write where a secret would stand.
const PLACEHOLDERS: [&str; 14] = [
    "example",
    "xxxx",
    "placeholder",
    "redacted",
    "changeme",
    "your",
    "dummy",
    "fake",
    "sample",
    "insert",
    "1234567",
    "abcdefg",
    "0000000",
    "....",
];

/// A file that holds a secret by what it is called.
pub fn by_name(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let lower = name.to_lowercase();
    if lower == ".env" {
        return Some("an environment file");
    }
    if let Some(which) = lower.strip_prefix(".env.") {
        let shown = ["example", "sample", "template", "dist", "defaults", "default", "schema", "test", "tpl", "vault"];
        return (!which.split('.').any(|part| shown.contains(&part))).then_some("an environment file");
    }
    let keys = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk"];
    if keys.contains(&lower.as_str()) {
        return Some("a private SSH key");
    }
    let ending = lower.rsplit_once('.').map_or("", |(_, ending)| ending);
    let store = matches!(ending, "p12" | "pfx" | "jks" | "keystore" | "kdbx") && !lower.starts_with("debug.");
    store.then_some("a store of private keys")
}

/// The first secret in each of the lines that a file gets: its number and kind.
pub fn in_lines(path: &str, lines: &[(usize, String)]) -> Vec<(usize, &'static str)> {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let next =
        |at: usize| lines.get(at + 1).filter(|(number, _)| *number == lines[at].0 + 1).map(|(_, text)| text.as_str());
    let kind = |(at, (number, text)): (usize, &(usize, String))| {
        let kind = private_key(text, next(at))
            .or_else(|| in_tokens(text))
            .or_else(|| aws_secret(text))
            .or_else(|| service_jwt(text))
            .or_else(|| in_settings(&name, text))?;
        Some((*number, kind))
    };
    lines.iter().enumerate().filter_map(kind).collect()
}

/// The key itself must stand there, on the same line or the next: a text may speak of the header.
fn private_key(line: &str, next: Option<&str>) -> Option<&'static str> {
    let behind = line.split_once("-----BEGIN ")?.1.split_once("PRIVATE KEY")?;
    let (kind, rest) = (behind.0, behind.1.split_once("-----")?.1);
    if kind.len() > 20 {
        return None;
    }
    let body = |text: &str| runs(text, base64).any(|run| run.len() >= 40 && !is_placeholder(run));
    let headers = |text: &str| text.contains("Proc-Type:") || text.contains("Version:");
    // In JSON and code the line feed is written as `\n`, so the `n` is taken along: that changes nothing.
    (body(rest) || next.is_some_and(|next| body(next) || headers(next))).then_some("a private key")
}

fn in_tokens(line: &str) -> Option<&'static str> {
    TOKENS.iter().find(|token| token.is_in(line)).map(|token| token.kind)
}

impl Token {
    fn is_in(&self, line: &str) -> bool {
        line.match_indices(self.begins).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let rest = &line[at + self.begins.len()..];
            let length = rest.find(|c| !(self.may_have)(c)).unwrap_or(rest.len());
            let own = before.is_none_or(|c| !dashed(c) || c == '-');
            own && (self.least..=self.most).contains(&length) && !is_placeholder(&rest[..length])
        })
    }
}

fn aws_secret(line: &str) -> Option<&'static str> {
    let lower = line.to_lowercase();
    let at = lower.find("aws_secret_access_key").or_else(|| lower.find("secretaccesskey"))?;
    let value = line.get(at..)?.split_once([':', '='])?.1.trim_start_matches([' ', '"', '\'', '=']);
    let key = runs(value, |c| c.is_ascii_alphanumeric() || matches!(c, '/' | '+')).next()?;
    (value.starts_with(key) && key.len() == 40 && !is_placeholder(key)).then_some("an AWS secret key")
}

/// Only tokens of services: those that tests and docs are full of let nobody in.
fn service_jwt(line: &str) -> Option<&'static str> {
    let token =
        runs(line, |c| dashed(c) || c == '.').find(|run| run.starts_with("eyJ") && run.matches('.').count() == 2)?;
    let mut parts = token.split('.').skip(1);
    let claims = decoded(parts.next()?);
    let signed = parts.next()?.len() >= 20;
    let service = ["service_role", "serviceaccount", "service_account"].iter().any(|word| claims.contains(word));
    (signed && service).then_some("a service token")
}

/// Files whose settings are credentials.
fn in_settings(name: &str, line: &str) -> Option<&'static str> {
    let value_of = |key: &str| Some(line.split_once(key)?.1.trim_start_matches([' ', '=', ':', '"']).trim_end());
    let (kind, value) = match name {
        ".npmrc" | ".yarnrc" | ".yarnrc.yml" => {
            let keys = ["_authToken", "_password", "_auth", "npmAuthToken"];
            ("an npm token", keys.iter().find_map(|key| value_of(key))?)
        }
        ".pypirc" => ("a PyPI password", value_of("password")?),
        ".netrc" | "_netrc" => ("a password", value_of("password ")?),
        ".git-credentials" => ("a password", line.split_once("://")?.1.split_once('@')?.0.split_once(':')?.1),
        "credentials" | "credentials.json" => ("a token", value_of("token").or_else(|| value_of("secret"))?),
        _ => return None,
    };
    // `${NPM_TOKEN}`, `%TOKEN%` and `<token>` are filled in elsewhere.
    let own = value.len() >= 8 && !value.starts_with(['$', '%', '<', '{', '[']) && !is_placeholder(value);
    own.then_some(kind)
}

fn is_placeholder(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut letters: Vec<char> = lower.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    letters.len() < 6 || PLACEHOLDERS.iter().any(|word| lower.contains(word))
}

/// The longest parts of only such characters.
fn runs(text: &str, is_part: impl Fn(char) -> bool) -> impl Iterator<Item = &str> {
    text.split(move |c| !is_part(c)).filter(|run| !run.is_empty())
}

fn upper(c: char) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit()
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn dashed(c: char) -> bool {
    word(c) || c == '-'
}

fn base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')
}

/// Base64 as web tokens have it; what is none ends it.
fn decoded(text: &str) -> String {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for c in text.bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => break,
        };
        (bits, count) = (bits << 6 | u32::from(value), count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together here, so that nobody's scanner stops at this file.
    fn joined(parts: &[&str]) -> String {
        parts.concat()
    }

    const BODY: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    const RANDOM: &str = "q7Rk2mZx9TbW4vYc8NfLp3HsJd6GaEu5KiVoXnQy";

    fn kinds(path: &str, text: &str) -> Vec<(usize, &'static str)> {
        let lines: Vec<_> = text.lines().enumerate().map(|(at, line)| (at + 1, line.to_owned())).collect();
        in_lines(path, &lines)
    }

    #[test]
    fn names() {
        for (path, expected) in [
            (".env", true),
            ("api/.env.production", true),
            (".env.local", true),
            (".env.example", false),
            (".env.production.sample", false),
            (".envrc", false),
            ("env", false),
            ("deploy/id_rsa", true),
            ("id_rsa.pub", false),
            ("id_ed25519", true),
            ("cert.p12", true),
            ("android/debug.keystore", false),
            ("release.jks", true),
            ("cert.pem", false),
            ("server.key", false),
        ] {
            assert_eq!(by_name(path).is_some(), expected, "{path}");
        }
    }

    #[test]
    fn tokens_of_every_kind() {
        for token in TOKENS {
            let hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
            let upper = "Q7RK2MZX9TBW4VYC";
            let body = match token.begins {
                "AKIA" | "ASIA" => upper.to_owned(),
                "dop_v1_" => hex.to_owned(),
                begins => {
                    let length = if token.most == ANY { token.least } else { token.most };
                    let part = if begins.starts_with("hooks") { "/" } else { "" };
                    RANDOM.chars().chain(part.chars()).cycle().take(length).collect()
                }
            };
            let line = joined(&["key = \"", token.begins, &body, "\""]);
            assert_eq!(kinds("a.py", &line), [(1, token.kind)], "{line}");
            let shorter = joined(&["key = \"", token.begins, &body[..token.least - 1], "\""]);
            assert_eq!(kinds("a.py", &shorter), [], "{shorter}");
            let part = joined(&["key = \"x", token.begins, &body, "\""]);
            assert_eq!(kinds("a.py", &part), [], "{part}");
            let shown = joined(&["key = \"", token.begins, &"x".repeat(token.least), "\""]);
            assert_eq!(kinds("a.py", &shown), [], "{shown}");
        }
        let documented = joined(&["AKIA", "IOSFODNN7EXAMPLE"]);
        assert_eq!(kinds("a.md", &documented), [], "as the manual has it");
    }

    #[test]
    fn private_keys_with_their_body() {
        let begin = joined(&["-----BEGIN RSA PRIV", "ATE KEY-----"]);
        assert_eq!(kinds("a.pem", &format!("{begin}\n{BODY}\n")), [(1, "a private key")]);
        assert_eq!(kinds("a.py", &format!("x\nKEY = \"\"\"{begin}\n    {BODY}")), [(2, "a private key")]);
        assert_eq!(kinds("a.json", &format!("{{\"private_key\": \"{begin}\\n{BODY}\\n\"")), [(1, "a private key")]);
        for harmless in [
            begin.clone(),
            format!("if text.contains(\"{begin}\") {{"),
            format!("{begin}\n...\n"),
            format!("{begin}\n{}\n", "x".repeat(64)),
            format!("{}\n{BODY}", begin.replace("PRIVATE", "PUBLIC")),
        ] {
            assert_eq!(kinds("a.rs", &harmless), [], "{harmless}");
        }
    }

    #[test]
    fn settings_that_are_credentials() {
        for (path, line, expected) in [
            (".npmrc", "//registry.npmjs.org/:_authToken=q7Rk2mZx9TbW4vYc", true),
            (".npmrc", "//registry.npmjs.org/:_authToken=${NPM_TOKEN}", false),
            (".npmrc", "registry=https://npm.acme.dev/", false),
            ("x/.pypirc", "password = q7Rk2mZx9TbW", true),
            ("x/.pypirc", "password = <token>", false),
            (".netrc", "machine a login b password q7Rk2mZx9TbW", true),
            (".git-credentials", "https://kim:q7Rk2mZx9TbW@acme.dev", true),
            ("a.toml", "password = q7Rk2mZx9TbW", false),
        ] {
            assert_eq!(!kinds(path, line).is_empty(), expected, "{path} {line}");
        }
        let key = joined(&["AWS_SECRET_ACCESS_KEY=", "wJalrXUtnFEMIK7MDENGbPxRfiCYq7Rk2mZx9TbW"]);
        assert_eq!(kinds("a.sh", &key), [(1, "an AWS secret key")]);
        let shown = "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        assert_eq!(kinds("a.sh", shown), []);
        assert_eq!(kinds("a.sh", "aws_secret_access_key = os.environ[\"KEY\"]"), []);
    }

    #[test]
    fn only_web_tokens_of_services() {
        let signed = "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
        let header = joined(&["ey", "JhbGciOiJIUzI1NiJ9"]);
        // {"role":"service_role"} and {"sub":"1234567890","name":"Jo"}
        let service = format!("{header}.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.{signed}");
        assert_eq!(kinds("a.ts", &format!("const k = '{service}';")), [(1, "a service token")]);
        let shown = format!("{header}.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvIn0.{signed}");
        assert_eq!(kinds("a.ts", &shown), []);
    }
}
