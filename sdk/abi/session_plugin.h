/* C ABI of native plugins of session-orchestrator, version 1. Frozen: functions are added, none is changed.
 *
 * A native plugin is trusted code. Prefer a component; use this for what the sandbox cannot hold. The JSON is that of
 * the WIT contract: the event's context, the summary or error, and, for calls, `Request` and `Reply` of schema.json.
 *
 * The host reads `session_plugin_abi` before it calls anything else, then the contract and the fingerprint. It never
 * unloads a plugin. Every call happens on the thread that called `session_plugin_handle`.
 */
#ifndef SESSION_PLUGIN_H
#define SESSION_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#define SESSION_PLUGIN_ABI 1u

/* UTF-8, not terminated. `data` may be anything where `len` is 0. */
typedef struct {
    const uint8_t *data;
    size_t len;
} session_slice;

/* Takes one text; the slice lives only during the call. Called exactly once by whoever is given it. */
typedef void (*session_sink)(void *context, session_slice text);

/* How the plugin calls the host: hands `request` (JSON) over and gets the reply (JSON: {"ok": …} or {"err": …})
 * through `sink` before `call` returns. */
typedef struct {
    void *host;
    void (*call)(void *host, session_slice request, session_sink sink, void *context);
} session_host;

/* SESSION_PLUGIN_ABI of the plugin. */
uint32_t session_plugin_abi(void);

/* Version of the contract that the JSON follows, such as "0.1.0". */
void session_plugin_contract(session_sink sink, void *context);

/* Name and version of the plugin, separated by one space. */
void session_plugin_fingerprint(session_sink sink, void *context);

/* Names of the events it handles, one per line. */
void session_plugin_handlers(session_sink sink, void *context);

/* Runs one handler. Returns 0 and gives the summary to `sink`, or returns 1 and gives the error. Must not unwind. */
int32_t session_plugin_handle(session_slice event, session_slice input, session_host host, session_sink sink,
                              void *context);

#endif
