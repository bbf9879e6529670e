/* crc32c.h - CRC-32C (Castagnoli), as iSCSI and LevelDB use it: every stored
 * record carries one over its key and its payload. Hardware where there is some. */
#ifndef AQ_CRC32C_H
#define AQ_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continues crc (0 to start) over n bytes. aq_crc32c(0, "123456789", 9) is 0xe3069283. */
uint32_t aq_crc32c(uint32_t crc, const void *bytes, size_t n);
/* The portable path, for tests. */
uint32_t aq_crc32c_portable(uint32_t crc, const void *bytes, size_t n);

#endif
