//! `session plan graph`: who waits for whom, drawn. What it looks like is `graph`'s.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::json;
use session_core::graph::Graph;
use session_core::session::{Overview, Plan};
use session_workflow::{App, CommandError, nodes};

use super::ui::Ui;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Form of the drawing.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write it into this file, instead of stdout.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Waves below one another, for a terminal.
    Text,
    /// For Markdown: pages on GitHub and GitLab draw it.
    Mermaid,
    /// For Graphviz.
    Dot,
    /// A picture for a browser.
    Svg,
}

/// Width of a line of text where the terminal does not say.
const WIDTH: usize = 100;
/// Edges of which Mermaid draws no more unless its page is set up for it.
const MERMAID_EDGES: usize = 500;

pub(super) fn run(ui: &Ui, app: &App<'_>, args: &Args, overview: &Overview, plan: &Plan) -> Result<(), CommandError> {
    let nodes = nodes(overview, plan);
    let graph = Graph::new(&nodes);
    let heading = app.project.name(plan.document.project.as_deref());
    let drawn = match args.format {
        Format::Text => session_core::graph::text(&graph, WIDTH),
        Format::Mermaid => session_core::graph::mermaid(&graph),
        Format::Dot => session_core::graph::dot(&graph),
        Format::Svg => session_core::graph::svg(&graph, &heading),
    };
    if matches!(args.format, Format::Mermaid) && graph.edges().len() > MERMAID_EDGES {
        ui.warn(format!(
            "Mermaid draws {MERMAID_EDGES} lines by default, and this has {}: --format svg",
            graph.edges().len()
        ));
    }
    if let Some(path) = &args.output {
        refuse(app, plan, path)?;
        session_system::replace(path, drawn.as_bytes())
            .map_err(|e| CommandError::from(e).while_(format!("{} cannot be written", path.display())))?;
        ui.say(format!("{} has {}.", path.display(), session_workflow::count(nodes.len(), "session")));
    }
    if ui.json {
        let waves: Vec<Vec<&str>> = graph
            .columns()
            .iter()
            .map(|column| column.iter().map(|at| graph.nodes()[*at].id.as_str()).collect())
            .collect();
        ui.answer("plan graph", json!({"waves": waves, "graph": drawn}));
    } else if args.output.is_none() {
        ui.raw(&drawn);
    }
    Ok(())
}

/// A drawing replaces a drawing, and nothing else that is there.
fn refuse(app: &App<'_>, plan: &Plan, path: &Path) -> Result<(), CommandError> {
    let Ok(metadata) = path.symlink_metadata() else { return Ok(()) };
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let drawing = matches!(ending, "svg" | "dot" | "gv" | "mmd" | "mermaid" | "txt");
    let is_plan = path.canonicalize().is_ok_and(|path| path == app.project.root.join(&plan.path));
    if metadata.is_file() && drawing && !is_plan {
        return Ok(());
    }
    Err(CommandError::new(format!("{} is there already, and is no drawing", path.display()))
        .hint("give another name, such as plan.svg"))
}
