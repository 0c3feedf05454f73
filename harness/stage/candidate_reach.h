/*
 * candidate_reach: statements that would reach beyond the arm they run on: settings of the server
 * or of a role, and objects that all databases share. Private to stage/; see candidate.h.
 */
#ifndef STAGE_CANDIDATE_REACH_H
#define STAGE_CANDIDATE_REACH_H

#include "base/err.h"

/* 0 when the statement (SET, RESET or ALTER ... SET) touches nothing but the arm; else ERR_USAGE.
 */
int candidate_reach_setting(const char *text, struct err *err);
/* 0 when the DDL is about an object of the database; ERR_USAGE when about a shared one. */
int candidate_reach_object(const char *text, struct err *err);
/* A setting with its database replaced by the clone, as it is to run; caller frees. */
char *candidate_reach_text(const char *text, const char *database);

#endif
