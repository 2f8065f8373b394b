"""The resources: what tools return, to be read by its address."""

from toggl_mcp.resources import account, changes, days, project

RESOURCES = (*account.RESOURCES, *days.RESOURCES, *project.RESOURCES, *changes.RESOURCES)
