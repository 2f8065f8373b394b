"""What is promised, and the test or script that holds it; the figures are in `figures.json`."""

from typing import NamedTuple

from tests.figures import load_figures


class Promise(NamedTuple):
    """A promise: its id, heading and meaning, a template for its figure, and the test (`file::name`) or script."""

    id: str
    heading: str
    meaning: str
    template: str
    source: str

    @property
    def tested(self) -> bool:
        """Whether a test holds it; else a benchmark measures it."""
        return "::" in self.source

    @property
    def figure(self) -> str:
        """The figure as it was measured last."""
        return self.template.format(**load_figures(self.id))


CHAOS = "tests/chaos/test_steps.py::test_changes_under_faults_are_never_duplicated_lost_or_misreported"

PROMISES = (
    Promise(
        "once",
        "At-most-once creates",
        "A POST is never retried after it may have been received; lost responses are reconciled by a read.",
        "{duplicated} of {creates:,} creates duplicated while 3 in 10 requests failed",
        CHAOS,
    ),
    Promise(
        "everywhere",
        "Read-your-writes across processes",
        "The cache is written through: a confirmed change is in the file that processes share, unless that is busy.",
        "{violations} violations in {steps:,} steps of two processes and a person in the web app",
        CHAOS,
    ),
    Promise(
        "nothing-changed",
        "Failures are atomic",
        "An error that says that nothing changed is true; the test compares Toggl's data before and after.",
        "{violations} violations in {steps:,} steps",
        CHAOS,
    ),
    Promise(
        "doubt",
        "Indeterminate outcomes are reported",
        "A change that was sent and never confirmed fails with `outcome_unknown` and invalidates the cache.",
        "{unknown_creates:,} of {creates:,} creates while 3 in 10 requests failed; "
        "{stale_reads} stale reads after {unknown:,} unknown outcomes",
        CHAOS,
    ),
    Promise(
        "cut-off",
        "Cancellation safety",
        "A cancelled call leaves no untrue cache, leased refresh or open transaction.",
        "{cancelled:,} calls cancelled at random moments: {violations} violations",
        "tests/chaos/test_concurrency.py::test_cancelled_callers_leave_no_outdated_cache_lease_or_transaction",
    ),
    Promise(
        "one-question",
        "Single flight across processes",
        "Concurrent readers of a cold collection share one request: no cache stampede.",
        "{processes} processes of {readers} readers: {requests} request, {results} correct results",
        "tests/chaos/test_processes.py::test_collect_cold_cache_of_eight_processes_costs_one_request",
    ),
    Promise(
        "hour",
        "Request budget, typical hour",
        "60 calls in an hour (54 reads, 3 creates, 2 renames, 1 delete) fit the free plan's 30 requests.",
        "{requests} Toggl requests; {requests_configured} with a workspace configured",
        "tests/tools/test_guarantees.py::test_request_budget_of_an_hour_with_60_calls_fits_the_free_plan",
    ),
    Promise(
        "day",
        "Request budget, working day",
        "Start and stop a timer, log ten entries, edit twenty, three totals, two lists, a new client and project.",
        "{requests} Toggl requests, {writes} of them writes",
        "tests/tools/test_request_budget.py::test_request_budget_of_a_day_with_15_writes_is_6_reads_more",
    ),
    Promise(
        "totals",
        "Time-zone-, DST- and midnight-correct totals",
        "Totals cover every workspace and running timers, and split entries at the account's midnight.",
        "0 of {counted} questions differ from an independent count, 0 of {by_hand} from a result worked out by hand",
        "tests/totals/test_sample_totals.py::test_summarize_time_of_the_sample_matches_reference",
    ),
    Promise(
        "lean",
        "Compact payloads",
        "A row of `list_time_entries` is short: what rows share is said once.",
        "at most {max_bytes} bytes a row without its description and tags; {mean_bytes} a row of the whole list",
        "tests/tools/test_payload_size.py::test_list_time_entries_row_is_at_most_115_bytes_besides_free_text",
    ),
    Promise(
        "spent",
        "Circuit breaking on an exhausted quota; stale-if-error for 24 h",
        "After a 402 about a quota, no request is sent to it until its reset; cached data is served, marked `stale`.",
        "{requests} request in {calls} calls until the reset",
        "tests/tools/test_errors.py::test_quota_spent_sends_no_request_until_the_reset",
    ),
    Promise(
        "kept",
        "Quota reserve for writes",
        "The last requests of an hour are for changes; reads are served from the cache, marked `stale`.",
        "the last {requests} requests",
        "tests/tools/test_quota.py::test_quota_reserve_keeps_the_last_three_requests_for_changes",
    ),
    Promise(
        "pace",
        "Client-side rate limiting",
        "Requests of all processes are paced (GCRA): one a second after a burst of 17; no bursts soon after a 429.",
        "{refused} of {creates} creates in a row refused with 429",
        "tests/tools/test_quota.py::test_rate_limit_paces_create_client_without_a_429",
    ),
    Promise(
        "token",
        "No credential leakage",
        "The token is in no result, error, log (at DEBUG), cache file or `repr`.",
        "{leaks} occurrences in {calls} calls while requests failed in {faults} ways",
        "tests/tools/test_guarantees.py::test_token_is_absent_from_results_logs_cache_and_repr",
    ),
    Promise(
        "tenants",
        "Tenant isolation",
        "Tokens that share a store do not see each other's data.",
        "{foreign} foreign rows in {steps:,} steps of 5 tokens on one store",
        "tests/chaos/test_tokens.py::test_token_never_reads_rows_of_another_token",
    ),
    Promise(
        "replicas",
        "Replicas behind one address",
        "Replicas that share a Redis or Valkey server answer as one, also while it is flushed or away: no rows of "
        "others, no duplicates, no untrue outcomes, nothing old after a refresh.",
        "{violations} violations in {steps:,} steps of 50 tenants at three replicas while 3 in 10 requests failed",
        "tests/chaos/test_replicas.py::test_tenants_at_three_replicas_see_their_own_and_true_answers",
    ),
    Promise(
        "private",
        "File permissions 0600/0700",
        "Only you can read the cache, whatever the umask.",
        "files {files:04}, folders {folders:04}",
        "tests/cache/test_sqlite_file.py::test_file_permissions_are_0600_and_folders_0700",
    ),
    Promise(
        "damage",
        "Corruption recovery",
        "Each row has a checksum; a damaged cache file is moved aside and recreated.",
        "{files:,} files truncated, flipped, overwritten or shuffled: {errors} errors, {altered_rows} altered rows",
        "tests/cache/test_sqlite_damage.py::test_damaged_file_never_serves_altered_or_missing_rows",
    ),
    Promise(
        "kill",
        "Crash consistency",
        "A process that is killed while it writes leaves the cache whole.",
        "{kills} SIGKILLs during a write: {torn_reads} torn reads",
        "tests/chaos/test_processes.py::test_replace_killed_process_leaves_no_torn_snapshot",
    ),
    Promise(
        "crash",
        "Crash consistency of changes",
        "A change is recorded before it is sent: where its process dies, others read what it may have changed anew.",
        "{stale_reads} stale reads after {kills} kills, one at each step of {changes} changes",
        "tests/chaos/test_kills.py::test_change_killed_at_any_step_leaves_no_cache_that_differs_from_toggl",
    ),
    Promise(
        "one-file",
        "No split brain after file replacement",
        "Processes whose cache file is overwritten or moved go on with one file together.",
        "{splits} splits in {replacements} replacements among {processes} processes",
        "tests/chaos/test_processes.py::test_write_damaged_or_moved_file_keeps_three_processes_on_one_file",
    ),
    Promise(
        "week",
        "Few calls for what people ask",
        "Each thing that a person asks for in a working week is one call, or as many as it has steps.",
        "{tasks} of {tasks} tasks right with {calls} calls, where an ideal server needs {ideal_calls}; "
        "{kilobytes} kB of results",
        "tests/week/test_week.py::test_tools_of_a_working_week_do_each_task_with_few_more_calls_than_an_ideal_server",
    ),
    Promise(
        "memory",
        "Bounded memory",
        "Responses, lines and requests in progress are bounded, whatever Toggl sends and however the host reads.",
        "peak in MB: {endless_body} with an endless body, {gzip_bomb} with a gzip bomb of 1 GB, {odd_rows} with 31 MB "
        "of odd rows, {empty_rows} with 1.4 million empty ones, {nested_rows} with nested ones, {longest_list} with a "
        "list of 60,000 rows, {unread} with a host that does not read, {longest_lines} with 256 lines of 1 MiB, "
        "{emptiest_lines} with lines of {{}}, {pipelined} with 100,000 requests in a row",
        "tests/process/test_memory.py::test_memory_stays_below_200_mb_with_a_body_of_any_size",
    ),
    Promise(
        "start",
        "Start-up overhead against the bare SDK",
        "From the spawn to the list of tools, compared with an SDK server of the same schemas without code. By stdio "
        "nothing of this server is imported that serves HTTP or speaks to Redis; a replica imports what metrics, "
        "tokens and calls need before it listens.",
        "by stdio {time:.2f} times the time, {memory:.2f} times the memory; a replica {replica_time:.2f} times the "
        "time, {replica_memory:.2f} times the memory (medians of {starts} starts each)",
        "benchmarks/start.py",
    ),
    Promise(
        "newcomer",
        "From an empty home to the first answer",
        "With nothing in any cache: uv, a clone, `toggl-mcp install cursor --sandbox`, and the first call of the "
        "server as that host's file starts it.",
        "{commands} commands and {seconds:.1f} s, downloads included",
        "scripts/newcomer.py",
    ),
    Promise(
        "load",
        "HTTP throughput beside the bare SDK",
        "50 clients at once call `get_client` of 1,000 cached ones by HTTP for a minute, then 100,000 times more, on "
        "two cores that they share with the server; a bare SDK server returns the same answers from memory.",
        "{file_share:.2f} of its calls a second with the cache in a file ({file_calls_a_second:,}, 99 of 100 within "
        "{file_p99_milliseconds} ms), {redis_share:.2f} with one on Redis ({redis_calls_a_second:,}, within "
        "{redis_p99_milliseconds} ms); memory grew by a factor of {file_growth:.2f} and {redis_growth:.2f}",
        "benchmarks/load.py",
    ),
    Promise(
        "cheap",
        "Token cost of tools/list",
        "What a conversation pays for the default tools, output schemas included (bytes / 4).",
        "{tokens:,} tokens for {tools} tools",
        "tests/tools/test_tools_list.py::test_tools_list_costs_at_most_11000_tokens",
    ),
    Promise(
        "accessible",
        "Apps that assistive technology can use",
        "axe-core, with the rule for the size of targets, runs on each app with its details open, in light and dark, "
        "wide and narrow.",
        "{violations} violations and {incomplete} rules that it could not decide, {passes} passed, in {pages} runs of "
        "axe-core {axe}",
        "tests/apps/test_looks.py::test_app_in_both_themes_at_two_widths_passes_every_rule_of_axe",
    ),
    Promise(
        "eras",
        "Both protocol eras",
        "Old and new hosts are served, on one connection even after a probe.",
        "MCP {older} and {newer}",
        "tests/process/test_stdio.py::test_discover_does_not_select_the_era",
    ),
    Promise(
        "undo",
        "Undo restores or names",
        "After an undo Toggl has every row as before the change, or the result names the row and the reason.",
        "{violations} violations in {steps:,} changes and undos of the same rows, while 3 in 10 requests failed, Toggl "
        "refused single rows, and some calls were cut off",
        "tests/chaos/test_undo.py::test_undo_under_faults_restores_every_row_or_names_it",
    ),
)
