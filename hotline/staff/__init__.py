"""Staff: accounts and roles, responsible units and their crews, and the administrator's pages about them."""
