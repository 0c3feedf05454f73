/*
 * mem: allocation that does not fail, and scope cleanup.
 *
 * Running out of memory ends the process with exit code 70 and one line on stderr: a rehearsal
 * has nothing sensible to do without memory, and its clones are found by `clone list`.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include <stdlib.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size); /* zeroed; overflow is running out of memory */
void *xrealloc(void *ptr, size_t size);
char *xstrdup(const char *s); /* NULL gives NULL */
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *xmemdup(const void *p, size_t size);

/* Make room for one more element in a growing array:
 *     GROW(set->items, set->n, set->cap);
 *     set->items[set->n++] = item;                                             */
#define GROW(array, n, cap)                                                                        \
	do {                                                                                           \
		if ((n) >= (cap)) {                                                                        \
			(cap) = (cap) ? (cap)*2 : 8;                                                           \
			(array) = xrealloc((array), (cap) * sizeof(*(array)));                                 \
		}                                                                                          \
	} while (0)

/* `_cleanup_free_ char *path = xasprintf(...)` frees path at the end of its scope. */
#define _cleanup_(fn) __attribute__((cleanup(fn)))
static inline void mem_free_ptr(void *ptr)
{
	free(*(void **)ptr);
}
#define _cleanup_free_ _cleanup_(mem_free_ptr)

#endif
