# The description of the API: roles, the second person, the audit trail.
api-grants-list = Roles that people hold at units
api-grants-add = Give a role; nobody gives a right that he lacks himself
api-grants-remove = Take a role away
api-grants-mine = What one may do oneself, and where
api-approvals-list = Acts that wait for a second person, or have waited
api-approvals-show = One such act
api-approvals-approve = Say yes as the second person: the server then carries it out
api-approvals-refuse = Say no, or take back what one asked for oneself
api-approvals-start-runs = Start runs of one master on many machines; where that asks for a second person it waits, else it begins at once
api-approvals-second-person = Above how many machines a second person is asked
api-approvals-set-second-person = Set above how many machines a second person is asked; raising it asks for one too
api-audit-list = The audit trail, the newest first
api-audit-export = The audit trail as a file that socle verify checks
api-audit-forget = Delete the names of somebody from beside the audit trail; the chain stays whole
