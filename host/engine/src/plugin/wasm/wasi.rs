//! WASI, linked empty: no environment, folders or sockets; clocks stand at the event's time; randomness is seeded from
//! the step; stdout and stderr go to the log.
//!
//! Not wasmtime-wasi: it brings an async runtime and everything that must then be switched off again. What a guest's
//! standard library links and never gets can be answered from the types of its imports alone, so this works for any
//! 0.2 version that a component names.

use wasmtime::component::types::{ComponentItem, Type};
use wasmtime::component::{Component, Linker, Resource, ResourceAny, ResourceType, Val};
use wasmtime::{Error, Result, StoreContextMut};

use super::guest::Guest;

/// Stands for every WASI resource: none of them holds anything.
struct Nothing;

type Store<'a> = StoreContextMut<'a, Guest>;

/// Defines exactly what the component imports.
pub(super) fn add_to_linker(linker: &mut Linker<Guest>, component: &Component) -> Result<()> {
    let engine = component.engine();
    for (name, import) in component.component_type().imports(engine) {
        let ComponentItem::ComponentInstance(instance) = import.ty else { continue };
        let Some(interface) = name.strip_prefix("wasi:").and_then(|name| name.split_once('@')).map(|(name, _)| name)
        else {
            continue;
        };
        let mut out = linker.instance(name)?;
        for (function, item) in instance.exports(engine) {
            match item.ty {
                ComponentItem::Resource(_) => out.resource(function, ResourceType::host::<Nothing>(), |_, _| Ok(()))?,
                ComponentItem::ComponentFunc(_) => {
                    let full = format!("{interface}#{function}");
                    out.func_new(function, move |mut store, ty, arguments, results| {
                        let types: Vec<Type> = ty.results().collect();
                        for (result, ty) in results.iter_mut().zip(&types) {
                            *result = answer(&mut store, &full, arguments, ty)?;
                        }
                        // Handles that were lent are given back, or the call may not end.
                        arguments.iter().try_for_each(|argument| give_back(&mut store, argument))?;
                        if types.is_empty() { nothing(&full) } else { Ok(()) }
                    })?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn give_back(store: &mut Store<'_>, value: &Val) -> Result<()> {
    match value {
        Val::Resource(resource) => resource.resource_drop(store),
        Val::List(values) => values.iter().try_for_each(|value| give_back(store, value)),
        _ => Ok(()),
    }
}

/// Functions without a result: only leaving has an effect.
fn nothing(function: &str) -> Result<()> {
    if function.starts_with("cli/exit#") { Err(Error::msg("it called exit")) } else { Ok(()) }
}

/// What a function answers: the few that mean something, and for all others what their type says is "no".
fn answer(store: &mut Store<'_>, function: &str, arguments: &[Val], ty: &Type) -> Result<Val> {
    let (seconds, nanoseconds) = (store.data().clock / 1000, store.data().clock % 1000 * 1_000_000);
    Ok(match function {
        "io/streams#[method]output-stream.check-write" => ok(Val::U64(64 << 10)),
        "io/streams#[method]output-stream.write" | "io/streams#[method]output-stream.blocking-write-and-flush" => {
            if let Some(Val::List(bytes)) = arguments.get(1) {
                let bytes: Vec<u8> =
                    bytes.iter().filter_map(|byte| if let Val::U8(b) = byte { Some(*b) } else { None }).collect();
                store.data_mut().write(&bytes);
            }
            Val::Result(Ok(None))
        }
        "io/streams#[method]output-stream.flush" | "io/streams#[method]output-stream.blocking-flush" => {
            Val::Result(Ok(None))
        }
        // Everything is ready at once: time does not pass for a guest.
        "io/poll#poll" => match arguments.first() {
            Some(Val::List(all)) => Val::List((0..u32::try_from(all.len()).unwrap_or(0)).map(Val::U32).collect()),
            _ => Val::List(Vec::new()),
        },
        "io/poll#[method]pollable.ready" => Val::Bool(true),
        "clocks/wall-clock#now" => Val::Record(vec![
            ("seconds".into(), Val::U64(seconds)),
            ("nanoseconds".into(), Val::U32(u32::try_from(nanoseconds).unwrap_or(0))),
        ]),
        "clocks/monotonic-clock#now" => Val::U64(store.data().clock.wrapping_mul(1_000_000)),
        "random/random#get-random-bytes" | "random/insecure#get-insecure-random-bytes" => {
            let Some(Val::U64(count)) = arguments.first() else { return Ok(Val::List(Vec::new())) };
            if *count > 1 << 20 {
                return Err(Error::msg("it asked for more than 1 MiB of randomness at once"));
            }
            Val::List((0..*count).map(|_| Val::U8(store.data_mut().next_random().to_le_bytes()[0])).collect())
        }
        "random/random#get-random-u64" | "random/insecure#get-insecure-random-u64" => {
            Val::U64(store.data_mut().next_random())
        }
        "random/insecure-seed#insecure-seed" => {
            Val::Tuple(vec![Val::U64(store.data_mut().next_random()), Val::U64(store.data_mut().next_random())])
        }
        _ => no(store, ty)?,
    })
}

fn ok(value: Val) -> Val {
    Val::Result(Ok(Some(Box::new(value))))
}

/// The value of a type that says: there is nothing here.
fn no(store: &mut Store<'_>, ty: &Type) -> Result<Val> {
    Ok(match ty {
        Type::Bool => Val::Bool(false),
        Type::U8 => Val::U8(0),
        Type::U16 => Val::U16(0),
        Type::U32 => Val::U32(0),
        Type::U64 => Val::U64(0),
        Type::S8 => Val::S8(0),
        Type::S16 => Val::S16(0),
        Type::S32 => Val::S32(0),
        Type::S64 => Val::S64(0),
        Type::Float32 => Val::Float32(0.0),
        Type::Float64 => Val::Float64(0.0),
        Type::Char => Val::Char(' '),
        Type::String => Val::String(String::new()),
        Type::List(_) => Val::List(Vec::new()),
        Type::Option(_) => Val::Option(None),
        Type::Flags(_) => Val::Flags(Vec::new()),
        Type::Record(record) => {
            let fields = record.fields().map(|field| Ok((field.name.to_owned(), no(store, &field.ty)?)));
            Val::Record(fields.collect::<Result<_>>()?)
        }
        Type::Tuple(tuple) => Val::Tuple(tuple.types().map(|ty| no(store, &ty)).collect::<Result<_>>()?),
        Type::Result(result) => match result.err() {
            Some(err) => Val::Result(Err(Some(Box::new(no(store, &err)?)))),
            None => Val::Result(Err(None)),
        },
        Type::Enum(names) => {
            let names: Vec<&str> = names.names().collect();
            Val::Enum(refusal(&names).to_owned())
        }
        Type::Variant(variant) => {
            let names: Vec<&str> = variant.cases().map(|case| case.name).collect();
            let chosen = refusal(&names);
            let payload = variant.cases().find(|case| case.name == chosen).and_then(|case| case.ty);
            let payload = payload.map(|ty| no(store, &ty)).transpose()?.map(Box::new);
            Val::Variant(chosen.to_owned(), payload)
        }
        Type::Own(_) => {
            let resource = Resource::<Nothing>::new_own(0);
            Val::Resource(ResourceAny::try_from_resource(resource, store)?)
        }
        other => return Err(Error::msg(format!("WASI gives no {other:?}"))),
    })
}

/// The case that refuses best.
fn refusal<'a>(names: &[&'a str]) -> &'a str {
    let words = ["access", "access-denied", "not-permitted", "closed", "not-supported", "unsupported"];
    let found = words.iter().find_map(|word| names.iter().find(|name| *name == word));
    found.or(names.first()).copied().unwrap_or_default()
}
