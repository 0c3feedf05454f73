/*
 * repeated: one constant of production that the normalised text shows as two parameters.
 *
 *     SELECT date_trunc($1, created_at), count(*) FROM orders GROUP BY date_trunc($2, created_at)
 *
 * does not prepare: $1 and $2 may differ, so the server sees an ungrouped column. Production sent
 * the same constant twice; so the second parameter becomes the first.
 */
#ifndef BIND_REPEATED_H
#define BIND_REPEATED_H

/* text with the parameters of GROUP BY and ORDER BY terms replaced by those of the same expression
 * earlier in the text; NULL when there is no such pair. Numbers may have gaps after. Caller frees.
 * Pure: text, no parser. */
char *repeated_merge(const char *text);

#endif
