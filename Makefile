# Only forwards: `make test` is `cargo xtask test`, `make` alone lists the commands.
help: FORCE
	@cargo xtask help
%: FORCE
	@cargo xtask $@
Makefile: ;
FORCE: ;
.PHONY: help FORCE
