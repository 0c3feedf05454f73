/*
 * plan_pair: of the plans of a statement, the pair that a report shows: both arms' plans for the
 * same values, where they differ most.
 */
#ifndef REPORT_PLAN_PAIR_H
#define REPORT_PLAN_PAIR_H

#include "model/run.h"
#include "report/plan.h"

#include <stdbool.h>

struct plan_pair {
	struct plan arms[N_ARMS]; /* compared: lines that differ are marked */
	char *where;              /* "the generic plan", "vector 197 of 200 by cost" */
	double predicted_ratio;   /* cost that HypoPG foretold by the baseline's; NAN when not asked */
	double cost_ratio;        /* candidate's cost by the baseline's */
};

/* The place with the most severe change, then with the largest share of calls. False when no
 * recorded plan of the statement differs between the arms; ret then needs no release. */
bool plan_pair_find(const struct run_statement *statement, struct plan_pair *ret);
void plan_pair_release(struct plan_pair *pair);

#endif
