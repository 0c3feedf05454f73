/*
 * protocol: how a statement travels to the server, in pgbench's words. It decides plans: a
 * prepared statement may get one generic plan for all values, the other two are planned for the
 * values of each call.
 */
#ifndef MODEL_PROTOCOL_H
#define MODEL_PROTOCOL_H

#include <stdbool.h>

enum protocol {
	PROTOCOL_CAPTURED, /* as production did; prepared where that is not known */
	PROTOCOL_SIMPLE,   /* one text, values as literals in it */
	PROTOCOL_EXTENDED, /* Parse, Bind and Execute in every call */
	PROTOCOL_PREPARED, /* Parse once per session */
};
const char *protocol_name(enum protocol protocol);
bool protocol_parse(const char *name, enum protocol *ret);

#endif
