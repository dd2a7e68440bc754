//! How evidence goes into the state of a session: what was seen, what is proven, what somebody confirmed. Pure.

use session_types::{CheckKind, Evidence, Verdict};

use super::state::SessionState;
use super::verification::{CheckResult, Confirmed, Look, Proven, Verification, is_verified, verified};

impl SessionState {
    pub(super) fn looked(&mut self, look: &Look) {
        let tree = if look.after { &mut self.verification.after } else { &mut self.verification.before };
        tree.clone_from(&look.tree);
        self.verification.changed.clone_from(&look.changed);
        self.verification.during.clone_from(&look.during);
        self.verification.without.clone_from(&look.without);
        self.by_checks.clone_from(&look.by_checks);
        self.flag(&look.flags);
        if !look.after {
            return;
        }
        if let Some(tree) = &self.verification.before {
            let again = self.failures.take(tree, &self.checks);
            self.flag(&again);
        }
        // What changed behind a check was seen by none.
        let proven = Proven::of(&self.checks, look.tree.as_deref().filter(|_| look.during.is_empty()));
        // What failed for a tree is not proven by what passed for it before.
        let failed = self.checks.iter().any(|check| check.verdict == Verdict::Failed);
        let here = [&self.verification.before, &look.tree];
        let other = |old: &Proven| !failed || !here.contains(&&Some(old.tree.clone()));
        self.proven = proven.or(self.proven.take().filter(other));
    }

    /// Remembers what passes before any work.
    pub(super) fn baseline(&mut self) {
        // What every session is checked by passes before each of them, and should.
        let shared: Vec<String> =
            self.session.checks.iter().filter(|check| check.project).map(|check| check.text.clone()).collect();
        let passed = |check: &CheckResult| {
            let own = !shared.contains(&check.evidence.check);
            own && check.verdict == Verdict::Passed && check.evidence.kind == CheckKind::Command
        };
        self.passed_before = self.checks.drain(..).filter(passed).map(|check| check.evidence.check).collect();
        // It was taken before any work: nobody may build on it.
        (self.proven, self.verification) = (None, Verification::default());
    }

    /// Evidence that need not be taken again: it is for the tree that is verified now.
    pub fn known(&self) -> Vec<Evidence> {
        let tree = self.verification.before.as_ref();
        let same = |proven: &&Proven| tree == Some(&proven.tree) && !self.verification.fresh;
        let commands = self.proven.iter().filter(same).flat_map(|proven| proven.evidence.iter().cloned());
        // A person is not asked twice; that the files have changed since is said.
        commands.chain(self.confirmed.iter().map(|confirmed| confirmed.for_tree(tree))).collect()
    }

    pub(super) fn checked(&mut self, check: &CheckResult) {
        self.checks.push(check.clone());
        let evidence = &check.evidence;
        let known = self
            .confirmed
            .iter()
            .any(|known| known.evidence.check == evidence.check && known.evidence.at == evidence.at);
        if check.verdict == Verdict::Attested && !known {
            self.confirmed.retain(|known| known.evidence.check != evidence.check);
            self.confirmed.push(Confirmed { evidence: evidence.clone(), tree: self.verification.before.clone() });
        }
    }

    /// Who completes or completed it although nothing verifies it; none where something does.
    pub fn unverified(&self) -> Option<&str> {
        self.verification.unverified.as_deref().filter(|_| !is_verified(&self.checks))
    }

    /// What verified it, in words: for the commit, the record and the screen.
    pub fn verified(&self) -> String {
        match (self.unverified(), self.checks.is_empty()) {
            (None, _) => verified(&self.checks),
            (Some(_), true) => "unverified".to_owned(),
            (Some(_), false) => format!("unverified, {}", verified(&self.checks)),
        }
    }

    pub(super) fn flag<'f>(&mut self, flags: impl IntoIterator<Item = &'f String>) {
        for flag in flags {
            if !self.verification.flags.contains(flag) {
                self.verification.flags.push(flag.clone());
            }
        }
    }
}
