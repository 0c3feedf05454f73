#include "report/circumstances.h"

#include "base/mem.h"

#include <stdlib.h>

static char *clock_moved(const struct run *run)
{
	if (!run->time_shift)
		return NULL;
	return xasprintf("Staging is older than production: the clock that statements read (now(), "
	                 "current_date and the like) was moved back by %s.",
	    run->time_shift);
}

static char *forms_judged(const struct run *run)
{
	if (!run->oracle_silence)
		return NULL;
	return xasprintf("Whether production sent parameters or literals was judged by the work per "
	                 "call, not told by queryids: %s.",
	    run->oracle_silence);
}

char *circumstance(const struct run *run, size_t i)
{
	static char *(*const sentences[])(const struct run *) = {clock_moved, forms_judged};

	for (size_t s = 0; s < sizeof(sentences) / sizeof(sentences[0]); s++) {
		char *sentence = sentences[s](run);
		if (sentence && i-- == 0)
			return sentence;
		free(sentence);
	}
	return NULL;
}
