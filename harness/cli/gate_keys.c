#include "cli/gate_keys.h"

static const struct gate_key_text top[] = {
    {"version", "1", "1", "The version of this format."},
    {"name", "TEXT", "the candidate's file name", "What reports call the rehearsal; one line."},
    {"staging", "MAPPING", "required",
        "The database to copy, which is never changed: see staging."},
    {"workload", "FILE", "required", "What production does, from pgrehearse-capture(1)."},
    {"clone", "MAPPING", "{driver: template}", "How the two arms are made: see clone."},
    {"candidate", "MAPPING or unchanged", "unchanged",
        "The change: see candidate. With unchanged both arms are the same, which shows what the "
        "gate says when there is nothing to find."},
    {"replay", "MAPPING", NULL, "How the traffic is sent: see replay."},
    {"thresholds", "LIST", "the default policy", "What must hold: see thresholds."},
    {"time_shift", "auto, off or DURATION", "auto",
        "How far now(), current_date and the like are moved back in statements, because staging is "
        "an old copy: else \"the last seven days\" would be empty. With auto, by the age of the "
        "newest rows where that is over an hour. What defaults of columns read is left alone."},
    {"overrides", "FILE", NULL,
        "Values for statements: lists of them, a query that finds them on staging, or skip. See "
        "bind --overrides."},
    {"samples", "FILE", NULL,
        "Values that production's clients sent, from a server log: see capture --samples. They are "
        "used where they do production's work on staging."},
    {"alpha", "FRACTION", "1%",
        "How often a gate on an unchanged system may fail, over all its timing checks: 0.0001% to "
        "20%."},
    {"dead_band", "FRACTION", "2%",
        "What two equal clones may differ by; a timing check fails only beyond its limit and "
        "this."},
    {"guard", "FRACTION", "25%",
        "A timing check passes when its ratio is, with 95% confidence, below 1 + guard, or below "
        "its "
        "limit where that is wider. Below the limit itself, the report calls it proven."},
    {"reports", "LIST", "all", "The report formats to write, as pgrehearse-report(1) names them."},
    {"results", "DIRECTORY", "results",
        "Where the directory of the run is made, relative to the working directory."},
    {0},
};

static const struct gate_key_text staging[] = {
    {"lab", "MAPPING", NULL,
        "A throwaway local server, the running one of pgrehearse-lab(1) or one that is started for "
        "this gate and removed after it, with a fixture in it: see lab."},
    {"dsn", "CONNINFO", NULL,
        "A database URI or conninfo string; what it leaves out comes from the PG* variables."},
    {0},
};

static const struct gate_key_text lab[] = {
    {"fixture", "DIRECTORY", "required",
        "NNN_*.sql files, loaded with psql in their order into a database called like the "
        "directory; again only when they changed."},
    {"bindir", "DIRECTORY", "initdb's in PATH, or the newest",
        "Where initdb and postgres are: the version of PostgreSQL to rehearse on. A running lab is "
        "used only when it was started from there."},
    {0},
};

static const struct gate_key_text clones[] = {
    {"driver", "NAME", "template",
        "Driver template: CREATE DATABASE with staging as its TEMPLATE, so nobody else may be "
        "connected to staging meanwhile. Driver existing: two databases of your own, declared "
        "disposable with \"pgrehearse clone mark\"; they are kept. Driver command: your scripts "
        "make "
        "and drop the clones. Driver physical: a server per arm; not in this version."},
    {"baseline", "CONNINFO", NULL, "Driver existing: the database without the change."},
    {"candidate", "CONNINFO", NULL, "Driver existing: the one that the candidate is applied to."},
    {"create", "COMMAND", NULL,
        "Driver command: run by /bin/sh once for each arm. Its last line of output must be the "
        "clone's conninfo. In its environment: PGREHEARSE_ARM (baseline or candidate), "
        "PGREHEARSE_RUN, PGREHEARSE_STAGING (a conninfo)."},
    {"drop", "COMMAND", NULL,
        "Driver command: removes the clone that PGREHEARSE_CLONE (the line that create printed) "
        "names."},
    {0},
};

static const struct gate_key_text candidate[] = {
    {"up", "FILE", NULL,
        "SQL of the change. Each statement runs on its own, so that CONCURRENTLY works. Statements "
        "on indexes, statistics, maintenance and settings are accepted; BEGIN, COMMIT, queries and "
        "changes of rows are not."},
    {"down", "FILE", NULL, "SQL that undoes it; quoted in the change record, not run."},
    {"rewrites", "FILE", NULL,
        "Statements that the candidate arm sends in another form. The file says \"version: 1\" and "
        "\"rewrites:\" with one \"name: SQL text\" per statement; names and the parameters $1 to "
        "$n "
        "are those of the workload. Statements that only read, alone or together with up. Before "
        "the load both texts run with the same values over the same data, and result.mismatches "
        "counts those that give other rows; a gate that does not limit it allows none."},
    {"build", "before or under_load", "before",
        "With under_load the change is applied while the replay runs, after a quarter of its time "
        "(at "
        "most 30 s), on the candidate only, and the replay goes on for its whole time from then "
        "on. "
        "Latency and counters are judged from the end of the build; errors count throughout; the "
        "report shows response times before, during and after it, and who waited for its locks. A "
        "build that takes more than twice the time of the replay (at least a minute) is "
        "cancelled."},
    {"kind", "index, migration or rewrite", "index",
        "With migration, other DDL is accepted too; rewrite demands rewrites."},
    {0},
};

static const struct gate_key_text replay[] = {
    {"rate", "RATE or production", NULL,
        "Statements per second and arm, or production for what the workload had."},
    {"time", "DURATION", NULL, "How long to replay, from 1 s to a week."},
    {"max_time", "DURATION", "time", "Go on until then while the verdict is open."},
    {"clients", "NUMBER", NULL, "Sessions per arm, 1 to 10000."},
    {"jobs", "NUMBER", NULL, "Threads of the generator, 1 to 64 and at most clients."},
    {"protocol", "NAME", NULL,
        "One of captured, simple, extended and prepared. With captured, as the workload says, and "
        "prepared where it does not."},
    {"arrivals", "NAME", NULL,
        "One of poisson, as independent users send, and uniform, evenly spaced, which can fall "
        "into step with periodic work of the server."},
    {"seed", "NUMBER", NULL, "Another seed draws another schedule and other values."},
    {"design", "NAME", NULL,
        "One of pairs (every request goes to both arms at once, so what disturbs one disturbs "
        "both), "
        "slices (one arm alone, then the other alone with the same requests, in alternating order; "
        "each has half of the time) and sequential (the whole baseline, then the whole candidate: "
        "for "
        "reports, it never passes)."},
    {"alone", "FRACTION", "0",
        "With pairs: spend this share of the time, 1% to 50%, in slices in which one arm runs "
        "alone. "
        "What slows the whole machine slows both arms of a pair, and shows only there: as "
        "alone.p50 "
        "of all, at most 1.10 unless a threshold says otherwise."},
    {"slice", "DURATION", "1s; 250ms with alone",
        "How long an arm runs alone at a time, from 100 ms."},
    {"pair_gap", "DURATION", NULL,
        "Every request goes to both arms; the second of them this much later. At most 1 s."},
    {"statement_timeout", "DURATION", NULL, "Of every session, from 1 ms to 1 h."},
    {"drain_timeout", "DURATION", NULL,
        "How long answers may take after the last request was due; what still runs then is "
        "cancelled and counted as unfinished. At most 1 h."},
    {"early_stop", "true or false", NULL, "Stop as soon as the verdict is clear."},
    {0},
};

static const struct gate_key_text thresholds[] = {
    {"metric", "NAME", "required", "What is measured: see METRICS."},
    {"scope", "SCOPE", "all; each for index.* and table.*", "Of what: see SCOPES."},
    {"max", "FIGURE", NULL, "The candidate's figure is at most this."},
    {"min", "FIGURE", NULL, "The candidate's figure is at least this."},
    {"max_ratio", "RATIO", NULL,
        "Candidate divided by baseline is at most this: 1.10 is 10% more."},
    {"min_ratio", "RATIO", NULL, "Candidate divided by baseline is at least this."},
    {"max_increase", "FIGURE", NULL, "Candidate minus baseline is at most this."},
    {"over", "DURATION", NULL,
        "For slow.count: the response time from which on a request is slow."},
    {0},
};

const struct gate_section gate_sections[] = {
    {NULL, "The top of the file:", top},
    {"staging", "One of:", staging},
    {"staging: lab", NULL, lab},
    {"clone", NULL, clones},
    {"candidate", NULL, candidate},
    {"replay", NULL, replay},
    {"thresholds",
        "A list; each entry has a metric, perhaps a scope, and exactly one bound: max, min, "
        "max_ratio, min_ratio or max_increase. Figures are written in the metric's unit.",
        thresholds},
};
const size_t n_gate_sections = sizeof(gate_sections) / sizeof(gate_sections[0]);
