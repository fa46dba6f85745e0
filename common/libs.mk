# SPDX-License-Identifier: Apache-2.0
# What a program or module links, each library before those that it uses. Included by every Makefile.am that links one.
aa_text = $(top_builddir)/common/text/libtext.a
aa_registry = $(top_builddir)/common/registry/libregistry.a $(top_builddir)/common/file/libfile.a $(aa_text)
aa_jose = $(top_builddir)/common/jose/libjose.a $(top_builddir)/common/file/libfile.a $(aa_text)
aa_user = $(top_builddir)/common/user/libuser.a $(aa_registry)
aa_core = $(top_builddir)/common/state/libstate.a $(top_builddir)/common/verify/libverify.a \
	$(top_builddir)/common/jose/libjose.a $(aa_user)
# In the place of libcrypto, for what agents' processes load that verify nothing.
aa_openssl_late = $(top_builddir)/common/jose/liblate.a
# Of tools/, for what lies elsewhere.
aa_cli = $(top_builddir)/tools/libconf.a $(top_builddir)/tools/libcli.a
aa_agentside = $(top_builddir)/tools/libagentside.a $(top_builddir)/tools/libhttp.a $(aa_cli)
aa_agentauthctl = $(top_builddir)/tools/libagentauthctl.a $(top_builddir)/tools/libhost.a $(top_builddir)/tools/libhttp.a $(aa_cli)

# A module is linked by the compiler itself, of objects that are all position-independent: libtool would start forty
# processes for each of them.
aa_module = -shared -Wl,-z,defs

# What every process loads, since it asks NSS, or runs a stack of PAM, is linked of no function that it does not use: each page
# and each name that is looked up for it costs everybody's processes.
aa_sections = -ffunction-sections -fdata-sections
aa_gc_sections = -Wl,--gc-sections
