"""What is promised in figures, and where each figure comes from. The README's table is made of this."""

from typing import NamedTuple


class Promise(NamedTuple):
    """A promise: its id, a sentence, a figure, and its source: a test as `file::name`, or a script that measures it."""

    id: str
    sentence: str
    figure: str
    source: str

    @property
    def tested(self) -> bool:
        """Whether a test holds it; else a benchmark measures it."""
        return "::" in self.source


CHAOS = (
    "tests/chaos/test_interleaved.py::test_nothing_is_doubled_lost_or_said_falsely_while_three_in_ten_requests_go_wrong"
)

PROMISES = (
    Promise(
        "once",
        "A creation happens at most once",
        "0 of 13,377 doubled while 3 in 10 requests went wrong; a lost answer is looked for, never sent again",
        CHAOS,
    ),
    Promise(
        "everywhere",
        "What is confirmed is at Toggl, and in the cache of every process at once",
        "0 exceptions in 60,000 steps of two processes and a person in the web app, on clients, projects and entries",
        CHAOS,
    ),
    Promise(
        "nothing-changed",
        "“Nothing was changed” is true whenever it is said",
        "0 exceptions in the same 60,000 steps, Toggl compared before and after",
        CHAOS,
    ),
    Promise(
        "doubt",
        "An unknown outcome is rare, and what is read next is true",
        "12.1 % of the creations while 3 in 10 requests went wrong; 0 untrue reads after 2,381 unknown outcomes",
        CHAOS,
    ),
    Promise(
        "cut-off",
        "A call that is cancelled leaves nothing half done",
        "15,678 cancelled at any moment: 0 untrue reads, 0 claims kept, 0 transactions open",
        "tests/chaos/test_crowd.py::test_callers_that_are_cut_off_leave_nothing_untrue_claimed_or_open",
    ),
    Promise(
        "one-question",
        "One cold question costs one request, whoever asks",
        "8 processes of 20 readers: 1 request, 160 right answers",
        "tests/chaos/test_processes.py::test_eight_processes_of_twenty_readers_ask_one_cold_question_once",
    ),
    Promise(
        "hour",
        "An hour of 60 calls (54 reads, 3 creates, 2 renames, 1 delete) fits the free plan",
        "8 Toggl requests; 7 with a workspace configured",
        "tests/tools/test_promises.py::test_an_hour_of_sixty_calls_fits_the_free_plan_several_times",
    ),
    Promise(
        "day",
        "A day of work (start, stop, ten entries, twenty changes, three totals, two lists, a new client and project)",
        "20 Toggl requests, 15 of them the writes; at least 44 without a cache",
        "tests/tools/test_agent_day.py::test_a_day_of_fifteen_writes_costs_five_requests_more",
    ),
    Promise(
        "totals",
        "Totals are right: zones, changes of clocks, midnight, every workspace, running timers",
        "0 of 99 questions wrong against an independent count, and 0 of 20 worked out by hand",
        "tests/totals/test_totals.py::test_the_sample_is_totalled_as_an_independent_count_totals_it",
    ),
    Promise(
        "lean",
        "An entry in a list is short",
        "at most 100 bytes besides its own description and tags, and the projects, told once; 71 on average",
        "tests/tools/test_lean.py::test_an_entry_costs_100_bytes_at_most_besides_its_own_description_and_tags",
    ),
    Promise(
        "spent",
        "A spent quota costs nothing more",
        "1 request in 10 calls until the reset; known answers are served, marked stale, for 24 h",
        "tests/tools/test_bad_input.py::test_a_spent_quota_costs_nothing_more_until_it_resets",
    ),
    Promise(
        "kept",
        "The end of the hour's requests is kept for changes",
        "the last 3; reads are answered from the cache, marked stale",
        "tests/tools/test_quota.py::test_the_last_three_requests_are_kept_for_changes",
    ),
    Promise(
        "pace",
        "Nothing is refused for haste",
        "0 of 40 creations in a row; one request a second after a burst of 5",
        "tests/tools/test_quota.py::test_requests_are_paced_so_that_none_is_refused_for_haste",
    ),
    Promise(
        "token",
        "The token is nowhere",
        "0 occurrences in answers, errors, logs at DEBUG, cache files and `repr`, after a faulty run",
        "tests/tools/test_promises.py::test_the_token_is_nowhere",
    ),
    Promise(
        "tenants",
        "No token sees what another has stored",
        "0 foreign rows in 20,000 steps of 5 tokens on one store",
        "tests/chaos/test_tokens.py::test_no_token_is_shown_a_row_of_another",
    ),
    Promise(
        "private",
        "The cache is private",
        "files 0600, folders 0700, whatever the umask",
        "tests/cache/test_sqlite_file.py::test_nobody_else_may_read_the_cache",
    ),
    Promise(
        "damage",
        "A damaged cache file is begun anew",
        "1,000 files cut, flipped, overwritten or shuffled: 0 errors, 0 altered rows",
        "tests/cache/test_sqlite_damage.py::test_a_damaged_file_serves_nothing_that_was_altered_or_is_missing",
    ),
    Promise(
        "kill",
        "A process that is killed leaves no half of anything",
        "200 SIGKILLs, each in the middle of a write: 0 torn reads",
        "tests/chaos/test_processes.py::test_processes_that_are_killed_while_they_write_leave_no_half_of_anything",
    ),
    Promise(
        "one-file",
        "A file that is spoilt or moved aside does not split the cache",
        "0 splits of 200 among three processes",
        "tests/chaos/test_processes.py::test_three_processes_whose_file_is_spoilt_or_moved_aside_go_on_with_one_file",
    ),
    Promise(
        "start",
        "Hosts start it quickly",
        "1.06 × the time and 1.06 × the memory of a bare SDK server with the same schemas",  # noqa: RUF001 - times
        "benchmarks/start.py",
    ),
    Promise(
        "cheap",
        "The tools are cheap to list",
        "8,898 tokens for all 25 (bytes / 4), output schemas included",
        "tests/tools/test_surface.py::test_the_tools_are_cheap_to_list",
    ),
    Promise(
        "eras",
        "Both protocol eras",
        "2025-11-25 and 2026-07-28, on one connection even after a probe",
        "tests/process/test_stdio.py::test_a_probe_does_not_choose_the_era",
    ),
)


def table() -> str:
    """Return the README's table of promises."""
    rows = [f"| {promise.sentence} | {promise.figure} |" for promise in PROMISES]
    return "\n".join(["| promise | figure |", "|---|---|", *rows])
