/*
 * file: whole files in, whole files out, never a half-written one.
 *
 * file_write_atomic writes beside the target and renames, so a killed process leaves the old
 * file or the new one. Messages name the path and say why.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>
#include <sys/types.h>

/* Read a whole file of at most max_bytes into ret (NUL-terminated). "-" is standard input. */
int file_read(const char *path, size_t max_bytes, struct buf *ret, struct err *err);

/* Replace name by len bytes with the given mode; "-" is standard output. A symbolic link stays one and its
 * target is replaced; what is no regular file (/dev/null, a pipe) is written to, and stays what it is. */
int file_write_atomic(const char *name, const void *data, size_t len, mode_t mode, struct err *err);

int file_mkdir_all(const char *path, mode_t mode, struct err *err); /* mkdir -p */
int file_remove_tree(const char *path, struct err *err);            /* rm -rf; absent is fine */
bool file_exists(const char *path);

/* dir + "/" + name, or a copy of name when that is absolute. Caller frees. */
char *file_join(const char *dir, const char *name);
/* The directory part of path ("." when it has none). Caller frees. */
char *file_dirname(const char *path);

#endif
