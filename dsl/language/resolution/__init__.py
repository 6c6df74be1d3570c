"""Which name of a program stands for what: for editors, which look at programs that are not finished."""
