/* cpu.h - what this processor can do beyond its architecture's baseline. Where the C
 * library has asked it already (glibc 2.33) its answer is taken: each CPUID instruction
 * costs a virtual machine microseconds, which a short query feels. */
#ifndef AQ_CPU_H
#define AQ_CPU_H

#include <stdbool.h>

#if defined(__x86_64__)
#include <features.h>
#if defined(__GLIBC_PREREQ)
#define AQ_GLIBC_ASKED __GLIBC_PREREQ(2, 33)
#else
#define AQ_GLIBC_ASKED 0
#endif
#if AQ_GLIBC_ASKED
#include <sys/platform/x86.h>
static inline bool aq_cpu_has_sse42(void)
{
    return CPU_FEATURE_ACTIVE(SSE4_2);
}
static inline bool aq_cpu_has_avx2(void)
{
    return CPU_FEATURE_ACTIVE(AVX2);
}
#else
static inline bool aq_cpu_has_sse42(void)
{
    return __builtin_cpu_supports("sse4.2");
}
static inline bool aq_cpu_has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}
#endif
#endif

#endif
