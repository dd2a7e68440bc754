//! The attribute of session-sdk. It reads which functions an impl contains and exports exactly those.

use proc_macro::TokenStream;
use quote::{format_ident, quote};
use syn::{ImplItem, ItemImpl, parse_macro_input, parse_quote};

/// Events that a plugin can handle; the names of the trait's functions.
const EVENTS: [&str; 10] =
    ["plan", "start", "checkpoint", "verify", "complete", "rollback", "settle", "snapshot", "merge", "audit"];

/// Put before `impl Plugin for X`. Exports a handler for each event function in the impl, and fills in
/// `type Config = NoConfig` and `fn new` (from `Default`) where they are left out.
#[proc_macro_attribute]
pub fn plugin(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut item = parse_macro_input!(item as ItemImpl);
    if !arguments.is_empty() {
        return error(&item.self_ty, "this attribute takes no arguments");
    }
    if item.trait_.as_ref().is_none_or(|(_, path, _)| path.segments.last().is_none_or(|s| s.ident != "Plugin")) {
        return error(&item.self_ty, "put this attribute before `impl Plugin for …`");
    }
    let names: Vec<String> = item
        .items
        .iter()
        .filter_map(|i| if let ImplItem::Fn(f) = i { Some(f.sig.ident.to_string()) } else { None })
        .collect();
    let events: Vec<_> = EVENTS.into_iter().filter(|event| names.iter().any(|name| name == event)).collect();
    if events.is_empty() {
        return error(&item.self_ty, &format!("this plugin handles no event; add one of {}", EVENTS.join(", ")));
    }
    if !item.items.iter().any(|i| matches!(i, ImplItem::Type(t) if t.ident == "Config")) {
        item.items.push(parse_quote! { type Config = ::session_sdk::NoConfig; });
    }
    if !names.iter().any(|name| name == "new") {
        item.items.push(parse_quote! {
            fn new(_: Self::Config) -> ::session_sdk::Result<Self> { Ok(<Self as ::core::default::Default>::default()) }
        });
    }
    let this = &item.self_ty;
    let variants = events.iter().map(|event| {
        let mut name = event.to_string();
        name[..1].make_ascii_uppercase();
        format_ident!("{name}")
    });
    let exports = events.iter().map(|event| export(event, this));
    quote! {
        #item

        impl ::session_sdk::__private::Handlers for #this {
            const HANDLERS: &'static [::session_sdk::Event] = &[#(::session_sdk::Event::#variants),*];
        }

        #[cfg(target_family = "wasm")]
        const _: () = { #(#exports)* };

        // What no host calls is not dead: tests and the native ABI do.
        #[cfg(not(target_family = "wasm"))]
        const _: fn(::session_sdk::Event, &str)
            -> ::core::result::Result<::std::string::String, ::std::string::String> =
            ::session_sdk::__private::handle::<#this>;

        ::session_sdk::__native!(#this);
    }
    .into()
}

fn export(event: &str, this: &syn::Type) -> proc_macro2::TokenStream {
    let module = format_ident!("{event}");
    let interface = format_ident!("on_{event}");
    let macro_name = format_ident!("export_{event}");
    let (first, rest) = event.split_at(1);
    let handler = format_ident!("On{}{rest}", first.to_uppercase());
    quote! {
        struct #handler;
        impl ::session_sdk::__private::#module::exports::session::plugin::#interface::Guest for #handler {
            fn handle(event: ::std::string::String)
                -> ::core::result::Result<::std::string::String, ::std::string::String>
            {
                ::session_sdk::__private::handlers::#module::<#this>(&event)
            }
        }
        ::session_sdk::__private::#module::#macro_name!(
            #handler with_types_in ::session_sdk::__private::#module
        );
    }
}

fn error(at: &syn::Type, message: &str) -> TokenStream {
    syn::Error::new_spanned(at, message).to_compile_error().into()
}
