/*
 * fnv: FNV-1a (Fowler, Noll, Vo), 64 bits: tells versions of a fixture apart, and turns a run's id
 * into the number of its lock. Start with FNV_START and feed pieces in order.
 */
#ifndef STAGE_FNV_H
#define STAGE_FNV_H

#include <stddef.h>
#include <stdint.h>

#define FNV_START UINT64_C(0xcbf29ce484222325)

static inline uint64_t fnv_add(uint64_t hash, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

#endif
