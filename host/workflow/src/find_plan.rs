//! Which plan a command is about. A file that holds no session is none, whatever it is called, and stands in the way of
//! nothing. Where several are found, none is chosen; only a command that needs one then fails.

use std::path::Path;
use std::sync::Arc;

use session_core::session::{FoundPlan, Overview, Plan};
use session_engine::project::{documented_plans, named_plan, usual_plans};

use super::app::App;
use super::error::CommandError;
use super::words::count;

/// What a search has found.
pub(crate) enum Found {
    One(Arc<Plan>),
    /// With what is said of each file that looks like a plan and is none.
    None(Vec<String>),
    Several(Vec<FoundPlan>),
}

impl App<'_> {
    /// Plan, records and journals. A plan that cannot be read is warned of: what is under way holds all that it needs. One
    /// that was typed must be there.
    pub fn overview(&self, flag: Option<&Path>) -> Result<Overview, CommandError> {
        let mut overview = self.overview_without_plan()?;
        match self.find_plan(flag) {
            Ok(Found::One(plan)) => overview.plan = Some(plan),
            Ok(Found::Several(plans)) => {
                overview.plan = self.remembered_plan(&overview);
                overview.plans = plans;
            }
            Ok(Found::None(_)) => overview.plan = self.remembered_plan(&overview),
            Err(error) if flag.is_some() => return Err(error),
            Err(error) => {
                let unread = in_one_line(&error);
                self.warn(format!("{unread}; records and journals say what is known without the plan"));
                overview.unread = Some(unread);
            }
        }
        Ok(overview)
    }

    /// The plan, for commands that make no sense without one.
    pub fn overview_with_plan(&self, flag: Option<&Path>) -> Result<(Overview, Arc<Plan>), CommandError> {
        let mut overview = self.overview_without_plan()?;
        let plan = match self.find_plan(flag)? {
            Found::One(plan) => plan,
            Found::None(seen) => match self.remembered_plan(&overview) {
                Some(plan) => plan,
                None => return Err(self.no_plan(&seen)),
            },
            Found::Several(plans) => match self.remembered_plan(&overview) {
                Some(plan) => plan,
                None => return Err(several(&plans, &format!("session {}", self.start.command))),
            },
        };
        overview.plan = Some(Arc::clone(&plan));
        Ok((overview, plan))
    }

    /// # Errors
    /// The plan that is named, here or in plugins.toml, is not there or cannot be read.
    pub(crate) fn find_plan(&self, flag: Option<&Path>) -> Result<Found, CommandError> {
        if let Some(path) = named_plan(&self.project, flag)? {
            return self.plan(&path).map(|plan| Found::One(Arc::new(plan)));
        }
        let (mut plans, mut seen, mut looked) = (Vec::new(), Vec::new(), Vec::new());
        for places in [documented_plans(&self.project)?, usual_plans(&self.project)] {
            for path in places {
                if looked.contains(&path) {
                    continue;
                }
                match self.plan(&path) {
                    Ok(plan) if !plan.document.sessions.is_empty() => plans.push(plan),
                    Ok(_) => seen.push(format!("{path} holds no session")),
                    Err(error) => seen.push(in_one_line(&error)),
                }
                looked.push(path);
            }
            // What people call a plan elsewhere is often about one.
            if !plans.is_empty() {
                break;
            }
        }
        Ok(match plans.len() {
            0 => Found::None(seen),
            1 => Found::One(Arc::new(plans.remove(0))),
            _ => {
                let found = |plan: &Plan| FoundPlan { path: plan.path.clone(), sessions: plan.document.sessions.len() };
                Found::Several(plans.iter().map(found).collect())
            }
        })
    }

    /// Where none is chosen, the plan of what is under way here.
    fn remembered_plan(&self, overview: &Overview) -> Option<Arc<Plan>> {
        let here = overview.active(&self.worktree()).into_iter().chain(overview.open.values());
        let paths = here.filter_map(|state| state.session.source.as_ref()).map(|source| &source.path);
        let door = self.project.door().ok()?;
        let path = paths.into_iter().find(|path| door.has_file(path))?;
        self.plan(path).map(Arc::new).map_err(|error| self.warn(error.message)).ok()
    }

    fn no_plan(&self, seen: &[String]) -> CommandError {
        let error = CommandError::new(format!("there is no plan below {}", self.project.root.display()));
        let error = seen.iter().take(5).fold(error, CommandError::because);
        // A project that is set up is not set up again.
        let starter = if self.project.has_manifest { " --starter" } else { "" };
        error.hint(format!("session init NAME{starter} writes one, or say --plan FILE"))
    }
}

/// A failure with its causes.
fn in_one_line(error: &CommandError) -> String {
    error.causes.iter().fold(error.message.clone(), |line, cause| format!("{line}: {cause}"))
}

/// None of several is chosen; `command` is what chooses one with `--plan`.
pub(crate) fn several(plans: &[FoundPlan], command: &str) -> CommandError {
    let paths: Vec<&str> = plans.iter().map(|plan| plan.path.as_str()).collect();
    let error = CommandError::new(format!("there are {} plans and none is chosen: {}", plans.len(), paths.join(", ")));
    plans.iter().take(10).fold(error, |error, plan| {
        error
            .because(format!("{} has {}", plan.path, count(plan.sessions, "session")))
            .hint(format!("{command} --plan {}", super::words::quoted(&plan.path)))
    })
}
