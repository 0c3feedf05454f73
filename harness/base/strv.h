/*
 * strv: an array of owned strings.
 *
 * Zero-initialise, strv_add (copies), strv_release. items is NULL-terminated once something
 * was added, so it can serve as an argv.
 */
#ifndef BASE_STRV_H
#define BASE_STRV_H

#include <stdbool.h>
#include <stddef.h>

struct strv {
	char **items;
	size_t n;
	size_t cap;
};

void strv_add(struct strv *strv, const char *s);
void strv_addf(struct strv *strv, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool strv_contains(const struct strv *strv, const char *s);
void strv_release(struct strv *strv);

#endif
