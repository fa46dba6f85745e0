# SPDX-License-Identifier: Apache-2.0
# What a program or module links of common/, each library before those that it uses. Included by every Makefile.am
# that links one.
aa_text = $(top_builddir)/common/text/libtext.la
aa_registry = $(top_builddir)/common/registry/libregistry.la $(top_builddir)/common/file/libfile.la $(aa_text)
aa_jose = $(top_builddir)/common/jose/libjose.la $(top_builddir)/common/file/libfile.la $(aa_text)
aa_user = $(top_builddir)/common/user/libuser.la $(aa_registry)
aa_core = $(top_builddir)/common/state/libstate.la $(top_builddir)/common/verify/libverify.la \
	$(top_builddir)/common/jose/libjose.la $(aa_user)

# What every process loads, since it asks NSS, or runs a stack of PAM, is linked of no function that it does not use: each page
# and each name that is looked up for it costs everybody's processes.
aa_sections = -ffunction-sections -fdata-sections
aa_gc_sections = -Wl,--gc-sections
