#include "cli/commands.h"

/* In the order of the flow, the main job first. */
const struct command commands[] = {
    {"gate", "rehearse a change end to end from one gate.yaml: verdict and reports", cmd_gate},
    {"capture", "production statistics into workload.json; read-only", cmd_capture},
    {"inspect", "show a workload: mix, shares, what cannot be replayed and why", cmd_inspect},
    {"bind", "workload and staging into executable statements with values", cmd_bind},
    {"plan", "compare plans with and without the candidate, no load", cmd_plan},
    {"replay", "one clone at a target rate into a run record", cmd_replay},
    {"calibrate", "what two equal clones differ by: the dead band of a gate", cmd_calibrate},
    {"judge", "apply thresholds to a stored run record again", cmd_judge},
    {"report", "render a stored run record in another format", cmd_report},
    {"clone", "create, list, drop and mark the clones of this tool", cmd_clone},
    {"lab", "start and stop a throwaway local PostgreSQL cluster", cmd_lab},
    {"help", "usage, manual pages and shell completion", cmd_help},
};
const size_t n_commands = sizeof(commands) / sizeof(commands[0]);
