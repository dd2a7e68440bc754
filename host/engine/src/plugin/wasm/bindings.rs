//! Generated from the contract.

wasmtime::component::bindgen!({
    path: "../../sdk/wit/0.1.0",
    world: "powers",
    with: {
        "session:plugin/command.builder": super::command::Builder,
        "session:plugin/command.child": super::command::Child,
        "session:plugin/command.outcome": session_types::Outcome,
    },
    imports: { default: trappable },
});
