//! Where sessions begin and end in a document. The lines are read once and not kept: a session's own are cut again when
//! it is read.

use session_sdk::Warning;

use super::column::Columns;
use super::comment::Comments;
use super::element;
use super::fence::{Closings, Fence, Fences};
use super::heading::{
    Heading, Opening, OpeningKind, begins_with_id, heading, is_phase, looks_like_a_session, underlined,
};
use super::lines::{Line, Lines};
use super::scheme::{Place, Scheme};
use super::section;
use super::warning::{about, cut_off, level_differs, near_miss, not_a_session, open_fence, short, warning};

/// One session's lines, heading included.
#[derive(Debug)]
pub(super) struct Cut<'a> {
    pub opening: Opening<'a>,
    /// From its first line on.
    pub lines: Lines<'a>,
    /// First byte and the one behind the last.
    pub start: usize,
    pub end: usize,
    /// How many lines they are at most: doubling a vector would need three times the space.
    pub count: usize,
    /// The heading of the phase above.
    pub phase: Option<&'a str>,
    /// It holds an element of its ID.
    pub element: bool,
    /// The fence that its element stands in, where no heading comes before it.
    pub around: Option<Fence<'a>>,
    /// Lines of the heading: two where it is underlined.
    pub heading: usize,
    /// The line that closes the fence around the session: it is none of its own.
    pub closes: Option<usize>,
}

/// What cutting a document gives.
#[derive(Debug, Default)]
pub(super) struct Cuts<'a> {
    pub cuts: Vec<Cut<'a>>,
    /// Byte at which the first session begins.
    pub prelude: Option<usize>,
    /// What the first element says.
    pub project: Option<&'a str>,
    /// It is written in the documented dialect.
    pub dialect: bool,
    pub warnings: Vec<Warning>,
}

/// A line and the lines from it on.
type Here<'a> = (Line<'a>, Lines<'a>);

struct Cutter<'a> {
    found: Cuts<'a>,
    scheme: Scheme<'a>,
    open: Option<Cut<'a>>,
    phase: Option<Heading<'a>>,
    fences: Fences<'a>,
    /// The lines from the outermost open fence on.
    fenced: Option<Lines<'a>>,
    /// The fence that a session began in, and where fences behind that heading close.
    around: Option<Fence<'a>>,
    closings: Closings,
    unclosed: Unclosed,
    /// The same, asked where no session is open: up to the end of the document.
    unclosed_at_all: Unclosed,
    comments: Comments,
    /// First byte of the comment that was begun last.
    comment: usize,
    /// A session in it was told of.
    told: bool,
    /// Line of the `</session>` that ends the open element: up to there all headings are its text.
    element_end: usize,
    /// Between the two markers of a conflict.
    conflict: bool,
    /// The session before, where a heading ended it that opens none, and the line of that.
    cut_off: Option<(&'a str, usize)>,
    /// The line above, and whether it is the first of its paragraph.
    above: Option<Here<'a>>,
    first: bool,
    /// Number of the line that is looked at.
    number: usize,
}

pub(super) fn cut(text: &str) -> Cuts<'_> {
    let mut cutter = Cutter::of(Scheme::of(text));
    let mut lines = Lines::of(text);
    loop {
        let from = lines.clone();
        let Some(line) = lines.next() else { break };
        cutter.line(&line, &from, &lines);
        cutter.first = cutter.above.as_ref().is_none_or(|(above, _)| above.is_blank());
        cutter.above = Some((line, from));
    }
    cutter.end(text.len());
    cutter.found
}

impl<'a> Cutter<'a> {
    fn of(scheme: Scheme<'a>) -> Self {
        Self {
            found: Cuts { dialect: scheme.dialect, ..Cuts::default() },
            scheme,
            open: None,
            phase: None,
            fences: Fences::default(),
            fenced: None,
            around: None,
            closings: Closings::default(),
            unclosed: Unclosed::default(),
            unclosed_at_all: Unclosed::default(),
            comments: Comments::default(),
            comment: 0,
            told: false,
            element_end: 0,
            conflict: false,
            cut_off: None,
            above: None,
            first: true,
            number: 0,
        }
    }

    fn line(&mut self, line: &Line<'a>, from: &Lines<'a>, below: &Lines<'a>) {
        self.number = line.number;
        let Some(mark) = line.mark() else { return };
        if mark == b'<' && !self.comments.is_open(line) && !self.fences.is_open() {
            (self.comment, self.told) = (line.start, false);
            self.comments.see(line, below.clone());
        }
        if self.comments.is_open(line) {
            self.commented(line);
            return;
        }
        match mark {
            b'#' => self.heading(line, from),
            b'`' | b'~' => self.fence(line, from),
            b'<' => self.tag(line, from, below),
            b'>' if line.text.starts_with(">>>>>>> ") => self.conflict = false,
            b'=' | b'-' => self.underline(line),
            b'*' => self.label(line),
            _ => {}
        }
    }

    fn fence(&mut self, line: &Line<'a>, from: &Lines<'a>) {
        let was_open = self.fences.is_open();
        if !was_open && self.closes_around(line, from) {
            self.around = None;
            if let Some(open) = &mut self.open {
                open.closes = Some(line.number);
            }
        } else if self.fences.see(line) && !was_open {
            self.fenced = Some(from.clone());
        }
    }

    /// A bare fence that would be open still at the next session, while the one around this session waits for its end.
    fn closes_around(&mut self, line: &Line<'a>, from: &Lines<'a>) -> bool {
        let Some(around) = self.around else { return false };
        if !Fence::of(line).is_some_and(|fence| fence.closes(&around)) {
            return false;
        }
        let (level, current) = (self.scheme.level, self.current());
        let next = |line: &Line<'a>| word_of(line, level).is_some_and(|id| Some(id) != current);
        self.closings.of(from.clone(), next).is_none()
    }

    fn heading(&mut self, line: &Line<'a>, from: &Lines<'a>) {
        let Some(heading) = heading(line) else { return };
        let inside = line.number < self.element_end;
        let opening = Opening::of(&heading);
        match opening.map(|opening| (opening, self.place(&opening, &heading, line))) {
            Some((opening, place @ (Place::Here | Place::Off))) => {
                let around = self.fences.outermost().copied();
                self.found.warnings.extend(around.map(|fence| open_fence(line, opening.id, fence.line)));
                if place == Place::Off {
                    self.found.warnings.push(level_differs(line, &opening, self.scheme.level));
                }
                self.open(opening, line, from, 1);
                self.around = around.or(self.around);
            }
            _ if inside => {}
            Some((_, Place::Mention)) => {}
            _ => {
                self.miss(line, &heading);
                self.other_heading(line, &heading);
            }
        }
    }

    fn place(&mut self, opening: &Opening<'a>, heading: &Heading<'a>, line: &Line<'a>) -> Place {
        let fenced = self.fences.is_open();
        let inside = line.number < self.element_end;
        let place = self.scheme.place(opening, self.current());
        let opens = match opening.kind {
            OpeningKind::Ours => return if !fenced && self.open.is_none() { Place::Here } else { Place::Nowhere },
            _ if self.ours() => false,
            // Inside its element a session may name itself.
            OpeningKind::Session if !fenced => !inside || self.current() != Some(opening.id),
            OpeningKind::Session => heading.strict && place == Place::Here && self.opens_in_fence(opening, line),
            OpeningKind::Lettered => !fenced && !inside,
            OpeningKind::Element | OpeningKind::File => false,
        };
        if opens { place } else { Place::Nowhere }
    }

    /// Inside a session a fence hides none. Before the first one it may show how sessions are written, and does where
    /// it closes before the next of them.
    fn opens_in_fence(&mut self, opening: &Opening<'_>, line: &Line<'_>) -> bool {
        match (self.current(), self.fences.outermost()) {
            (Some(id), _) => id != opening.id,
            (None, Some(fence)) => self.unclosed.is(fence.line, self.fenced.as_ref(), line.number, self.scheme.level),
            (None, None) => true,
        }
    }

    fn current(&self) -> Option<&'a str> {
        self.open.as_ref().map(|open| open.opening.id)
    }

    fn ours(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.opening.kind == OpeningKind::Ours)
    }

    /// A heading that opens no unit, and may have been meant to.
    fn miss(&mut self, line: &Line<'a>, heading: &Heading<'a>) {
        let level = self.scheme.level;
        if self.fences.is_open() || self.ours() {
            return;
        }
        if self.is_none_but_looks(heading) {
            self.found.warnings.push(not_a_session(line, heading.text, level));
        } else if heading.level == level && heading.strict && begins_with_id(heading) && !is_phase(heading.text) {
            self.found.warnings.push(near_miss(line, heading.text, level));
        }
    }

    fn is_none_but_looks(&self, heading: &Heading<'_>) -> bool {
        let found = looks_like_a_session(heading, self.scheme.level);
        found.is_some_and(|id| !self.ours() && (id.is_none() || id != self.current()))
    }

    /// A heading of the unit's own level or above ends it, whatever it says, but for a section's where the plan has all
    /// of them there. Behind an open fence only one of a phase does, and only where the fence is never closed.
    fn other_heading(&mut self, line: &Line<'a>, heading: &Heading<'a>) {
        let phase = is_phase(heading.text);
        if self.ours() || !(heading.strict || phase) {
            return;
        }
        let level = self.open.as_ref().map_or(self.scheme.level, |open| open.opening.level);
        let counts = match self.fences.outermost() {
            None => !(self.has_sections_at(level) && heading.level == level && self.is_section(line, heading)),
            Some(fence) => {
                let (unclosed, up_to) = match self.open {
                    Some(_) => (&mut self.unclosed, line.number),
                    None => (&mut self.unclosed_at_all, usize::MAX),
                };
                phase && unclosed.is(fence.line, self.fenced.as_ref(), up_to, self.scheme.level)
            }
        };
        if counts && level == 0 {
            self.phase = Some(*heading).filter(|_| phase).or(self.phase);
        } else if counts && heading.level <= level {
            let open = self.open.as_ref().filter(|_| self.scheme.flat && !phase);
            self.cut_off = open.map(|open| (open.opening.id, line.number)).or(self.cut_off.filter(|_| !phase));
            self.end(line.start);
            self.group(heading, phase);
        }
    }

    /// Sections stand on the level of the session's own heading: throughout, or of one that is a level too deep.
    fn has_sections_at(&self, level: usize) -> bool {
        self.scheme.flat || self.scheme.level > 0 && level > self.scheme.level
    }

    /// A section's heading; where no session takes it, it is told of.
    fn is_section(&mut self, line: &Line<'a>, heading: &Heading<'a>) -> bool {
        let known = section::is_known(heading);
        if let Some((id, by)) = self.cut_off.filter(|_| known && self.open.is_none()) {
            self.found.warnings.push(cut_off(line, heading.text, id, by));
        }
        known
    }

    /// A heading ends the phase that stands on its level or below, and may begin the next.
    fn group(&mut self, heading: &Heading<'a>, phase: bool) {
        if phase {
            self.phase = Some(*heading);
        } else {
            self.phase = self.phase.filter(|above| above.level < heading.level);
        }
    }

    /// `===` or `---`: below a session or a phase it makes a heading of it; of other lines it does so only where the
    /// session's own is written so: else they are rules.
    fn underline(&mut self, line: &Line<'a>) {
        if self.fences.is_open() || self.conflict || self.ours() || line.number < self.element_end {
            return;
        }
        let Some((first, from)) = self.above.clone().filter(|_| self.first) else { return };
        let Some(heading) = underlined(line, &first) else { return };
        let opening = Opening::of(&heading);
        match opening.map(|opening| (opening, self.scheme.place(&opening, self.current()))) {
            Some((opening, Place::Here)) if Some(opening.id) != self.current() => {
                self.open(opening, &first, &from, 2);
            }
            Some((_, Place::Here | Place::Off | Place::Mention)) => {}
            _ if is_phase(heading.text) || self.open.as_ref().is_some_and(|open| open.heading == 2) => {
                self.other_heading(&first, &heading);
            }
            _ => {}
        }
    }

    /// `**Session BE-04: Title**` on a line of its own is no heading, but somebody may have meant one.
    fn label(&mut self, line: &Line<'a>) {
        let text = line.text.trim();
        let whole = text.starts_with("**") && text.ends_with("**") && !self.fences.is_open();
        let alone = self.above.as_ref().is_none_or(|(line, _)| line.is_blank());
        let heading = Heading { level: self.scheme.level, text, strict: false };
        if whole && alone && line.number >= self.element_end && self.is_none_but_looks(&heading) {
            self.found.warnings.push(not_a_session(line, text, self.scheme.level));
        }
    }

    fn tag(&mut self, line: &Line<'a>, from: &Lines<'a>, below: &Lines<'a>) {
        if line.text.starts_with("<<<<<<< ") {
            self.conflict = true;
            let message = "a conflict of git was left in the plan, and both of its sides are read".to_owned();
            let mut found = warning(line.number, "conflict-marker", message);
            found.session = self.current().map(str::to_owned);
            self.found.warnings.push(found);
        }
        let outside = !self.fences.is_open() && line.number >= self.element_end && !self.ours();
        if outside && element::is_malformed(line) {
            let message =
                "a session begins here without an ID that can be read; write `<session id=\"BE-04\">` on one line";
            self.found.warnings.push(warning(line.number, "not-a-session", message.to_owned()));
        }
        let Some(id) = element::opens(line).filter(|_| element::counts(&self.fences) && !self.ours()) else { return };
        self.found.project = self.found.project.or_else(|| element::project(line));
        if let Some(open) = self.open.as_mut().filter(|open| open.opening.id == id) {
            // A heading with the same ID before it is the same session, and so is its tag twice; a second element is not.
            let twice = self.above.as_ref().is_some_and(|(above, _)| element::opens(above) == Some(id));
            if !std::mem::replace(&mut open.element, true) || twice {
                self.element_end = self.end_of_element(below);
                return;
            }
        }
        let opening = Opening::without_heading(id, "", OpeningKind::Element, self.scheme.level);
        let fences = (self.fences.clone(), self.fenced.clone());
        self.open(opening, line, from, 0);
        (self.fences, self.fenced) = fences;
        self.element_end = self.end_of_element(below);
        if let Some(open) = &mut self.open {
            open.element = true;
            open.around = self.fences.outermost().copied();
        }
    }

    /// Line of its end tag; 0 where another session begins before.
    fn end_of_element(&self, below: &Lines<'a>) -> usize {
        let mut fences = self.fences.clone();
        for line in below.clone() {
            match line.mark() {
                Some(b'`' | b'~') => _ = fences.see(&line),
                Some(b'<') if element::counts(&fences) => {
                    if element::closes(&line) {
                        return line.number;
                    }
                    if element::opens(&line).is_some() {
                        return 0;
                    }
                }
                Some(b'#') if word_of(&line, self.scheme.level).is_some_and(|id| Some(id) != self.current()) => {
                    return 0;
                }
                _ => {}
            }
        }
        0
    }

    /// A session in a comment is written for nobody, and neither does its text belong to the session before.
    fn commented(&mut self, line: &Line<'a>) {
        if self.told {
            return;
        }
        let word = word_of(line, self.scheme.level).filter(|id| Some(*id) != self.current());
        let Some(id) = word.or_else(|| element::opens(line)).filter(|_| !self.ours()) else { return };
        self.told = true;
        self.end(self.comment);
        let message = format!("{} stands in a comment, so it is no session of the plan", short(id));
        let column = Columns::default().of(line, id);
        self.found.warnings.push(Warning { column, ..about(id, line.number, "commented-out", message) });
    }

    fn open(&mut self, opening: Opening<'a>, line: &Line<'a>, from: &Lines<'a>, heading: usize) {
        self.end(line.start);
        // Three marks may as well be those of the session's own fences.
        self.around = self.around.filter(Fence::is_long);
        self.closings = Closings::default();
        self.found.prelude = self.found.prelude.or(Some(line.start));
        // A session above the level of its phase stands in none.
        self.phase = self.phase.filter(|phase| opening.level == 0 || phase.level <= opening.level);
        let (lines, start, phase) = (from.clone(), line.start, self.phase.map(|phase| phase.text));
        let count = line.number;
        self.open = Some(Cut {
            opening,
            lines,
            start,
            end: start,
            count,
            phase,
            element: false,
            around: None,
            heading,
            closes: None,
        });
        self.element_end = 0;
        self.cut_off = None;
    }

    /// Where the session ends at last: a fence that begins with nothing behind it is around what follows.
    fn end_before(&self, at: usize, open: &Cut<'a>) -> usize {
        let fence = self.fenced.clone().filter(|_| self.fences.depth() == 1).and_then(|mut lines| lines.next());
        let Some(fence) = fence.filter(|fence| open.start < fence.start && fence.end() <= at) else { return at };
        let empty = self.fenced.iter().flat_map(|lines| lines.up_to(at)).skip(1).all(|line| line.is_blank());
        if empty { fence.start } else { at }
    }

    fn end(&mut self, at: usize) {
        if let Some(open) = self.open.take() {
            let at = self.end_before(at, &open);
            let count = self.number + 1 - open.count;
            self.found.cuts.push(Cut { end: at, count, ..open });
        }
        self.fences = Fences::default();
        self.fenced = None;
    }
}

/// The ID of a line that is `Session <ID>` at the plan's level.
fn word_of<'a>(line: &Line<'a>, level: usize) -> Option<&'a str> {
    let opening = Opening::of(&heading(line).filter(|heading| heading.strict)?)?;
    (opening.level == level && opening.kind == OpeningKind::Session).then_some(opening.id)
}

/// Whether a fence stays open until the next session: asked at each phase heading behind it.
#[derive(Default)]
struct Unclosed {
    known: Option<(usize, bool)>,
    closings: Closings,
}

impl Unclosed {
    fn is(&mut self, fence: usize, lines: Option<&Lines<'_>>, at: usize, level: usize) -> bool {
        if let Some((_, answer)) = self.known.filter(|(known, _)| *known == fence) {
            return answer;
        }
        let next = |line: &Line<'_>| line.number > at && word_of(line, level).is_some();
        let answer = lines.is_some_and(|lines| self.closings.of(lines.clone(), next).is_none());
        self.known = Some((fence, answer));
        answer
    }
}
