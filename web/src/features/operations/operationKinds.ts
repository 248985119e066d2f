/** All there are, as a person looks for them; operationKinds.test.ts holds them against the server's. */
export const operationKinds = [
  'instance.provision', 'instance.start', 'instance.stop', 'instance.restart', 'instance.modules', 'instance.set_domain', 'instance.delete',
  'database.create', 'database.duplicate', 'database.restore', 'database.serve', 'database.rename', 'database.neutralize', 'database.drop',
  'backup.take', 'backup.verify', 'backup.restore', 'backup.copy', 'backup.keep', 'backup.delete', 'template.prepare', 'server.validate', 'server.remove',
  'topology.deploy', 'topology.change', 'topology.repair', 'topology.switch_over', 'topology.destroy', 'client.suspend', 'client.resume', 'client.delete',
];
