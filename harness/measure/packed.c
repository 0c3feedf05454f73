#include "measure/packed.h"

#include "base/mem.h"
#include "measure/base64.h"

#include <zlib.h>

char *pack_base64(const void *bytes, size_t n)
{
	uLongf packed_bytes = compressBound(n);
	_cleanup_free_ unsigned char *packed = xmalloc(packed_bytes);

	/* With a buffer of compressBound() bytes only memory can be short, and then xmalloc ends us
	 * sooner; nothing at all is at least no damaged stream. */
	if (compress2(packed, &packed_bytes, bytes, n, Z_DEFAULT_COMPRESSION) != Z_OK)
		packed_bytes = 0;
	return base64_encode(packed, packed_bytes);
}
