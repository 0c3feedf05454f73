/*
 * time_shift: how far the clock of replayed statements is moved back, because staging is an old
 * copy: in gate.yaml's time_shift, bind's --time-shift, and words for people.
 */
#ifndef MODEL_TIME_SHIFT_H
#define MODEL_TIME_SHIFT_H

#include "base/err.h"

#define TIME_SHIFT_OFF  0.0
#define TIME_SHIFT_AUTO (-1.0) /* what staging's rows tell: bind/time_shift.h */

/* "auto", "off" or a duration ("3d"): seconds. ERR_USAGE. */
int time_shift_parse(const char *text, double *ret_s, struct err *err);
/* "30 days 2 hours": down to the minute, or to the second below one; caller frees. */
char *time_shift_format(double seconds);

#endif
