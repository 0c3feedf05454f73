/* replay: how the traffic is sent. */
#include "model/gate_loader.h"

#include "base/clock.h"
#include "base/units.h"

#include <string.h>

#define RATE_MAX    1e6
#define CLIENTS_MAX 10000
#define JOBS_MAX    64
#define WEEK_NS     (7 * 86400 * NS_PER_S)
#define ALONE_MIN   0.01
#define ALONE_MAX   0.5

#define SLICE_NS       NS_PER_S          /* design: slices */
#define ALONE_SLICE_NS (250 * NS_PER_MS) /* short, so that a minute has enough of them */

const struct replay_options replay_options_default = {
    .rate_per_s = 100,
    .duration_ns = 60 * NS_PER_S,
    .clients = 8,
    .jobs = 1,
    .protocol = PROTOCOL_CAPTURED,
    .arrivals = ARRIVALS_POISSON,
    .seed = 1,
    .pair_gap_ns = NS_PER_MS,
    .statement_timeout_ns = 30 * NS_PER_S,
    .drain_timeout_ns = 10 * NS_PER_S,
    .early_stop = true,
};

static const char *const protocol_names[] = {
    [PROTOCOL_CAPTURED] = "captured",
    [PROTOCOL_SIMPLE] = "simple",
    [PROTOCOL_EXTENDED] = "extended",
    [PROTOCOL_PREPARED] = "prepared",
};
#define N_PROTOCOLS (sizeof(protocol_names) / sizeof(protocol_names[0]))

const char *protocol_name(enum protocol protocol)
{
	return protocol_names[protocol];
}

bool protocol_parse(const char *name, enum protocol *ret)
{
	for (size_t i = 0; i < N_PROTOCOLS; i++) {
		if (strcmp(protocol_names[i], name) == 0) {
			*ret = (enum protocol)i;
			return true;
		}
	}
	return false;
}

static int load_rate(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	struct replay_options *replay = target;
	struct err inner = {0};
	const char *text;

	if (gate_text(l, node, &text) < 0)
		return ERR_USAGE;
	if (strcmp(text, "production") == 0) {
		replay->rate_per_s = 0;
		return 0;
	}
	if (units_parse_rate(text, &replay->rate_per_s, &inner) < 0)
		return gate_reject(l, node, "%s", inner.message);
	if (!(replay->rate_per_s > 0) || replay->rate_per_s > RATE_MAX)
		return gate_reject(l, node,
		    "%s is outside above 0 to %.0f/s; for production's own rate write production", text,
		    RATE_MAX);
	return 0;
}

static int load_time(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_duration(
	    l, node, NS_PER_S, WEEK_NS, &((struct replay_options *)target)->duration_ns);
}

static int load_max_time(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_duration(
	    l, node, NS_PER_S, WEEK_NS, &((struct replay_options *)target)->max_duration_ns);
}

static int load_clients(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	int64_t value;

	if (gate_int(l, node, 1, CLIENTS_MAX, &value) < 0)
		return ERR_USAGE;
	((struct replay_options *)target)->clients = (int)value;
	return 0;
}

static int load_jobs(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	int64_t value;

	if (gate_int(l, node, 1, JOBS_MAX, &value) < 0)
		return ERR_USAGE;
	((struct replay_options *)target)->jobs = (int)value;
	return 0;
}

static int load_protocol(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	int choice;

	if (gate_choice(l, node, protocol_names, N_PROTOCOLS, &choice) < 0)
		return ERR_USAGE;
	((struct replay_options *)target)->protocol = (enum protocol)choice;
	return 0;
}

static int load_arrivals(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	int choice;

	if (gate_choice(l, node, arrivals_names, N_ARRIVALS, &choice) < 0)
		return ERR_USAGE;
	((struct replay_options *)target)->arrivals = (enum arrivals)choice;
	return 0;
}

static int load_seed(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	int64_t value;

	if (gate_int(l, node, 0, INT64_MAX, &value) < 0)
		return ERR_USAGE;
	((struct replay_options *)target)->seed = (uint64_t)value;
	return 0;
}

static int load_design(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	int choice;

	if (gate_choice(l, node, design_names, N_DESIGNS, &choice) < 0)
		return ERR_USAGE;
	((struct replay_options *)target)->design = (enum design)choice;
	return 0;
}

static int load_alone(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_fraction(l, node, ALONE_MIN, ALONE_MAX, &((struct replay_options *)target)->alone);
}

static int load_slice(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_duration(
	    l, node, 100 * NS_PER_MS, 3600 * NS_PER_S, &((struct replay_options *)target)->slice_ns);
}

static int load_pair_gap(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_duration(l, node, 0, NS_PER_S, &((struct replay_options *)target)->pair_gap_ns);
}

static int load_statement_timeout(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_duration(l, node, NS_PER_MS, 3600 * NS_PER_S,
	    &((struct replay_options *)target)->statement_timeout_ns);
}

static int load_drain_timeout(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_duration(
	    l, node, 0, 3600 * NS_PER_S, &((struct replay_options *)target)->drain_timeout_ns);
}

static int load_early_stop(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_bool(l, node, &((struct replay_options *)target)->early_stop);
}

static const struct gate_key keys[] = {
    {"rate", load_rate},
    {"time", load_time},
    {"max_time", load_max_time},
    {"clients", load_clients},
    {"jobs", load_jobs},
    {"protocol", load_protocol},
    {"arrivals", load_arrivals},
    {"seed", load_seed},
    {"design", load_design},
    {"alone", load_alone},
    {"slice", load_slice},
    {"pair_gap", load_pair_gap},
    {"statement_timeout", load_statement_timeout},
    {"drain_timeout", load_drain_timeout},
    {"early_stop", load_early_stop},
};

/* A slice has the length that its design needs, and nothing to say without one. */
static int complete_turns(
    struct gate_loader *l, const struct yaml_node *node, struct replay_options *replay)
{
	bool slices = replay->design == DESIGN_SLICES;
	struct err inner = {0};

	if (!slices && !(replay->alone > 0) && gate_child(node, "slice"))
		return gate_reject(l, gate_child(node, "slice"),
		    "there are slices with design: slices or with alone only");
	if (!replay->slice_ns && slices)
		replay->slice_ns = SLICE_NS;
	if (!replay->slice_ns && replay->alone > 0)
		replay->slice_ns = ALONE_SLICE_NS;
	return turns_check(replay, &inner) < 0 ? gate_reject(l, node, "%s", inner.message) : 0;
}

int gate_load_replay(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	struct replay_options *replay = &((struct gate *)target)->replay;

	if (gate_load_mapping(l, node, keys, sizeof(keys) / sizeof(keys[0]), replay) < 0)
		return ERR_USAGE;
	if (replay->jobs > replay->clients)
		return gate_reject(l, gate_child(node, "jobs") ? gate_child(node, "jobs") : node,
		    "%d jobs are more than %d clients: every job needs a session", replay->jobs,
		    replay->clients);
	if (replay->max_duration_ns && replay->max_duration_ns < replay->duration_ns)
		return gate_reject(l, gate_child(node, "max_time"), "it is shorter than time");
	return complete_turns(l, node, replay);
}
